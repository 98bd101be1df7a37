//! What a picture is, by its own first bytes: the sender's word for it counts
//! for nothing. Drawings that can hold scripts (SVG) are none of these.

/// The largest picture.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// The longest side.
const MAX_SIDE: u32 = 1_024;

/// A kind of picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raster {
    Png,
    Jpeg,
    Webp,
    Gif,
}

impl Raster {
    /// Its media type.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

/// Says what a picture is, or in one sentence why it is not kept.
pub(super) fn inspect(bytes: &[u8]) -> Result<Raster, &'static str> {
    if bytes.len() > MAX_BYTES {
        return Err("the picture is over 256 KiB");
    }
    let found = png(bytes)
        .map(|size| (Raster::Png, size))
        .or_else(|| gif(bytes).map(|size| (Raster::Gif, size)))
        .or_else(|| webp(bytes).map(|size| (Raster::Webp, size)))
        .or_else(|| jpeg(bytes).map(|size| (Raster::Jpeg, size)));
    let Some((raster, (width, height))) = found else { return Err("the picture is not PNG, JPEG, WebP or GIF") };
    let fits = |side: u32| (1..=MAX_SIDE).contains(&side);
    if fits(width) && fits(height) { Ok(raster) } else { Err("the picture is at most 1024 by 1024 pixels") }
}

type Size = (u32, u32);

/// A number of one to four bytes, the largest first.
fn large_first(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    Some(bytes.get(at..at + count)?.iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

/// A number of one to four bytes, the smallest first.
fn small_first(bytes: &[u8], at: usize, count: usize) -> Option<u32> {
    Some(bytes.get(at..at + count)?.iter().rev().fold(0, |number, byte| (number << 8) | u32::from(*byte)))
}

fn png(bytes: &[u8]) -> Option<Size> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    (header.get(4..8)? == b"IHDR").then_some(())?;
    Some((large_first(header, 8, 4)?, large_first(header, 12, 4)?))
}

fn gif(bytes: &[u8]) -> Option<Size> {
    let screen = bytes.strip_prefix(b"GIF87a").or_else(|| bytes.strip_prefix(b"GIF89a"))?;
    Some((small_first(screen, 0, 2)?, small_first(screen, 2, 2)?))
}

/// The first chunk says the size, each kind in its own way (RFC 9649 §2.5 to §2.7).
fn webp(bytes: &[u8]) -> Option<Size> {
    (bytes.get(..4)? == b"RIFF" && bytes.get(8..12)? == b"WEBP").then_some(())?;
    let chunk = bytes.get(20..)?;
    match bytes.get(12..16)? {
        b"VP8 " => {
            (chunk.get(3..6)? == [0x9d, 0x01, 0x2a]).then_some(())?;
            Some((small_first(chunk, 6, 2)? & 0x3fff, small_first(chunk, 8, 2)? & 0x3fff))
        }
        b"VP8L" => {
            (*chunk.first()? == 0x2f).then_some(())?;
            let packed = small_first(chunk, 1, 4)?;
            Some(((packed & 0x3fff) + 1, ((packed >> 14) & 0x3fff) + 1))
        }
        b"VP8X" => Some((small_first(chunk, 4, 3)? + 1, small_first(chunk, 7, 3)? + 1)),
        _ => None,
    }
}

/// Walks the segments to the frame header, which says the size (ITU-T T.81, B.2.2).
fn jpeg(bytes: &[u8]) -> Option<Size> {
    (bytes.get(..3)? == [0xff, 0xd8, 0xff]).then_some(())?;
    let mut at = 2;
    loop {
        (*bytes.get(at)? == 0xff).then_some(())?;
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Padding before a marker.
            0xff => at += 1,
            // Markers that stand alone.
            0x01 | 0xd0..=0xd7 => at += 2,
            // Frame headers, without the tables whose numbers lie among them.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&marker) => {
                return Some((large_first(bytes, at + 7, 2)?, large_first(bytes, at + 5, 2)?));
            }
            // The picture begins or ends without a frame header.
            0xd8..=0xda => return None,
            _ => at += 2 + usize::try_from(large_first(bytes, at + 2, 2)?).ok().filter(|length| *length >= 2)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png_of(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes
    }

    fn jpeg_of(width: u16, height: u16) -> Vec<u8> {
        // An application segment, a table, padding, then the frame header.
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 9, 0xff, 0xff, 0xc2, 0, 11, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes
    }

    fn webp_of(kind: &[u8], body: &[u8]) -> Vec<u8> {
        [&b"RIFF\0\0\0\0WEBP"[..], kind, &[0; 4], body].concat()
    }

    #[test]
    fn a_picture_is_known_by_its_first_bytes_and_its_size() {
        let table = [
            (png_of(1_024, 1), Ok(Raster::Png)),
            (png_of(1_025, 1), Err("1024")),
            (png_of(1, u32::MAX), Err("1024")),
            (png_of(0, 1), Err("1024")),
            (b"GIF89a\x10\0\x20\0".to_vec(), Ok(Raster::Gif)),
            (b"GIF87a\x01\x04\x20\0".to_vec(), Err("1024")),
            (jpeg_of(64, 32), Ok(Raster::Jpeg)),
            (jpeg_of(64, 2_000), Err("1024")),
            (webp_of(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 64, 0, 32, 0]), Ok(Raster::Webp)),
            (webp_of(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 0, 8, 32, 0]), Err("1024")),
            (webp_of(b"VP8L", &[0x2f, 63, 0, 0, 0]), Ok(Raster::Webp)),
            (webp_of(b"VP8L", &[0x2f, 0xff, 0xff, 0xff, 0xff]), Err("1024")),
            (webp_of(b"VP8X", &[0, 0, 0, 0, 63, 0, 0, 31, 0, 0]), Ok(Raster::Webp)),
            (webp_of(b"VP8X", &[0, 0, 0, 0, 0, 4, 0, 31, 0, 0]), Err("1024")),
            (webp_of(b"ALPH", &[0; 12]), Err("not PNG")),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), Err("not PNG")),
            (b"<html>".to_vec(), Err("not PNG")),
            (vec![0xff, 0xd8, 0xff, 0xd9], Err("not PNG")),
            (vec![0xff, 0xd8, 0xff, 0xe0, 0, 0], Err("not PNG")),
            (Vec::new(), Err("not PNG")),
            ([png_of(1, 1), vec![0; MAX_BYTES]].concat(), Err("256 KiB")),
        ];
        for (number, (bytes, expected)) in table.into_iter().enumerate() {
            match (inspect(&bytes), expected) {
                (found, Ok(raster)) => assert_eq!(found, Ok(raster), "{number}"),
                (found, Err(words)) => assert!(found.is_err_and(|reason| reason.contains(words)), "{number}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_picture_that_breaks_off_anywhere_is_refused_without_harm() {
        for whole in [png_of(64, 32), jpeg_of(64, 32), webp_of(b"VP8L", &[0x2f, 63, 0, 0, 0]), b"GIF89a\x10\0\x20\0".to_vec()] {
            for length in 0..whole.len() {
                assert!(inspect(&whole[..length]).is_err(), "{length} of {whole:?}");
            }
        }
    }
}
