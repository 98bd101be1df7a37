//! What a picture is, by its own first bytes: the sender's word for it counts
//! for nothing. Drawings that can hold scripts (SVG) are none of these.

use imagesize::ImageType;

/// The largest picture.
pub(super) const MAX_BYTES: usize = 256 * 1024;
/// The longest side.
const MAX_SIDE: usize = 1_024;

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
    const UNKNOWN: &str = "the picture is not PNG, JPEG, WebP or GIF";
    if bytes.len() > MAX_BYTES {
        return Err("the picture is over 256 KiB");
    }
    let raster = match imagesize::image_type(bytes) {
        Ok(ImageType::Png) => Raster::Png,
        Ok(ImageType::Jpeg) => Raster::Jpeg,
        Ok(ImageType::Webp) => Raster::Webp,
        Ok(ImageType::Gif) => Raster::Gif,
        _ => return Err(UNKNOWN),
    };
    let size = imagesize::blob_size(bytes).map_err(|_| UNKNOWN)?;
    let fits = |side: usize| (1..=MAX_SIDE).contains(&side);
    if fits(size.width) && fits(size.height) { Ok(raster) } else { Err("the picture is at most 1024 by 1024 pixels") }
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
        // An application segment, a table, then the frame header.
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc4, 0, 3, 9, 0xff, 0xc2, 0, 11, 8];
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
            ([png_of(1, 1), vec![0; MAX_BYTES - 24]].concat(), Ok(Raster::Png)),
            ([png_of(1, 1), vec![0; MAX_BYTES - 23]].concat(), Err("256 KiB")),
        ];
        for (number, (mut bytes, expected)) in table.into_iter().enumerate() {
            // What follows the header is not looked at.
            bytes.resize(bytes.len().max(64), 0);
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
