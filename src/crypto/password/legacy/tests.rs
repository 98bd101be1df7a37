//! What holds for all schemes. Each scheme's vectors stand beside it.

use super::*;

/// What the vectors that were made for these tests open to.
pub(super) const PASSWORD: &str = "Mật khẩu số 1";

/// Another implementation's hash opens to its password, to no other, and cut in half to nothing.
pub(super) fn opens(maker: &str, text: &str, declared: Option<Declared>, password: &str) -> LegacyHash {
    let parsed = LegacyHash::parse(text, declared);
    let hash = parsed.unwrap_or_else(|error| panic!("{text} of {maker}: {error}"));
    assert_eq!(hash.verify(password), Ok(true), "{text} of {maker}");
    for wrong in ["Mật khẩu số 2", "mật khẩu số 1", ""] {
        assert_eq!(hash.verify(wrong), Ok(false), "{text} of {maker}");
    }
    let half: String = text.chars().take(text.chars().count() / 2).collect();
    assert_eq!(LegacyHash::parse(&half, declared).err(), Some(ParseError::Unknown), "{half}");

    let kept = LegacyHash::decode(&hash.encode()).expect("decoded");
    assert_eq!((kept.scheme(), &kept.digest), (hash.scheme(), &hash.digest));
    hash
}

/// One hash of each scheme and variant, of [`PASSWORD`].
pub(super) fn every_scheme() -> Vec<LegacyHash> {
    [
        ("$2b$04$abcdefghijklmnopqrstuuHmIb3TQJKukBKgYYC0aofYWtT2H2REe", None),
        ("bcrypt_sha256$$2b$04$mLq/tQLv.fsUUQi/4SvEEuobzNTwblZ5opwLtiEsfcq3M9Yu4IfVO", None),
        ("pbkdf2_sha256$1000$muốiQ7$iwiV1tdt6AzQ8foytmQu2+xQqNWfYmmKjPYCEFuhzXg=", None),
        ("AAABAgMEBQYHCAkKCwwNDg98NqaiLm+wi1rRHMm9cMBpGqoWb3xlsOlY2zi75V8wew==", None),
        ("AQAAAAEAAAPoAAAAEAABAgMEBQYHCAkKCwwNDg8Bz2RodfZtNOMSQeBDrtPrmddyVm/ckD0dgHIebUlwyQ==", None),
        ("aspnet_membership$AAECAwQFBgcICQoLDA0ODw==$mjb4MSLseKBpvQeOJ8lAja8XmGA=", None),
        ("{MD5}vAgDUwovJXuCVesRWnAvSA==", None),
        ("{SSHA}6jcTrCN477Rcz+k3nrJNuDWYXr7YG4Nw", None),
        ("{SSHA256}sKzxuoG1QBrWWAiqub7f+7i3VtRPRuvGPkXc+o0LHCnpnRMipJTSOg==", None),
        ("$5$muoi1234$6Q6Rhvgyq8OTVaofvulnQMkiwEEv5lcJrQO7mx617JA", None),
        ("$6$rounds=1000$muoi1234$gew1drV2VIwaKzK7YEIvwgYG0vuwixR5NwLYTfC32u6Q6OqUyQDClAaWmRjlsfO/4bwVN2MJVna9Ax28AK9Dt/", None),
        ("$1$DugKbN0N$mASyuyI1nWggaz2g96p1Y0", None),
        ("$apr1$L1Nf/QZo$AYD/EuSu7Mt7Mwt5LInX0/", None),
        ("$P$6Bclej6ELgYNkpPRe8Gc.qmpxEmrfI/", None),
        ("U$P$6d.fA.wFlwcej3X8CmkRkoZD2KF9Bl.", None),
        ("$scrypt$ln=10,r=8,p=2$Qejd+1/Lube29h7j3Ntb6w$eo/RT3Emr+WDX0WnRMpMNAxYJ7dn0b59ZIK+Of+Ewdc", None),
        ("$argon2id$v=19$m=64,t=2,p=2$ciXc0AxctvbJGNvK64g5+A$UDARN+WaupIMl4taAckZgc32SRaFCXJX", None),
        ("07a7f5642f7498a90baef02e5f2cdcb3", Some(Declared::Ntlm)),
        ("md5$saltQ7$8b6973386f7e8b2983e20b4e94c49905", None),
        ("e0cfd2780f2fcba9b2aab08e62e42336:muối", Some(Declared::Md5PasswordSalt)),
        ("61307e5d33aa473fce71b4bfd8568f41a3524700:muối", Some(Declared::Sha1SaltPassword)),
    ]
    .into_iter()
    .map(|(text, declared)| LegacyHash::parse(text, declared).unwrap_or_else(|error| panic!("{text}: {error}")))
    .collect()
}

#[test]
fn what_is_no_hash_is_unknown() {
    for text in [
        "",
        " ",
        "$",
        "$$$$",
        "{}",
        "{CRYPT}",
        "{CRYPT}x",
        "{CRYPT}{CRYPT}$1$DugKbN0N$mASyuyI1nWggaz2g96p1Y0",
        "password",
        "Mật khẩu số 1",
        "!",
        "*LK*",
        "NULL",
        "\0",
        "$2x$04$abcdefghijklmnopqrstuuHmIb3TQJKukBKgYYC0aofYWtT2H2REe",
        "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
        "{UNHEARD}fByWwTiXmelaXuUO2c5fW+x8lb4=",
        "7c1c96c1389799e95a5ee50ed9ce5f5bec7c95",
        "fByWwTiXmelaXuUO2c5fW+x8lb4=",
        "$legacy$message-digest$digest=md5,encoding=utf8,order=salt-first,salt=$vAgDUwovJXuCVesRWnAvSA",
    ] {
        assert_eq!(LegacyHash::parse(text, None).err(), Some(ParseError::Unknown), "{text:?}");
    }
    let long = format!("{{SSHA}}{}", "A".repeat(4_000));
    assert_eq!(LegacyHash::parse(&long, None).err(), Some(ParseError::Unknown));
}

#[test]
fn no_damage_to_a_hash_makes_a_panic_or_opens_it() {
    let text = "$pbkdf2-sha256$1000$//79//79//79//79//79$JMwSqfiUkfFv9hdbNWUJRoZXBHpeqBAyhJiRWBGxGbU";
    for place in 0..text.len() {
        for other in ["", "\u{1ead}", "$", "=", "Q"] {
            let damaged = format!("{}{other}{}", &text[..place], &text[place + 1..]);
            if damaged != text
                && let Ok(hash) = LegacyHash::parse(&damaged, None)
            {
                assert_eq!(hash.verify(PASSWORD), Ok(false), "{damaged}");
            }
        }
    }
}

#[test]
fn white_space_of_an_export_is_not_the_hash() {
    let text = "  {SHA}fByWwTiXmelaXuUO2c5fW+x8lb4=   \r\n";
    assert_eq!(LegacyHash::parse(text, None).expect("a hash").verify(PASSWORD), Ok(true));
}

#[test]
fn a_password_opens_as_typed_and_then_composed() {
    let apart = "Ma\u{323}\u{302}t kha\u{302}\u{309}u so\u{302}\u{301} 1";
    assert_ne!(apart, PASSWORD);
    for hash in every_scheme() {
        assert_eq!(hash.verify(apart), Ok(true), "{hash:?} was set composed");
    }
    // Set on a keyboard that writes the accents apart: it opens to the same keys.
    let set_apart = LegacyHash::parse("5c26f08572767b4f7386b7768643f88d", Some(Declared::Md5)).expect("a hash");
    assert_eq!(set_apart.verify(apart), Ok(true));
    assert_eq!(set_apart.verify(PASSWORD), Ok(false));
}

#[test]
fn an_empty_password_opens_nothing_even_where_it_was_set() {
    let hash = LegacyHash::parse("d41d8cd98f00b204e9800998ecf8427e", Some(Declared::Md5)).expect("a hash");
    assert_eq!(hash.verify(""), Ok(false));
}

#[test]
fn neither_a_hash_nor_its_wrapper_says_its_digest_in_a_log() {
    for hash in every_scheme() {
        assert_eq!(format!("{hash:?}"), format!("LegacyHash {{ scheme: {:?}, .. }}", hash.scheme().name()));
    }
}

#[test]
fn a_kept_hash_that_asks_for_too_much_is_refused() {
    let text = "$legacy$bcrypt$key=password,cost=31,salt=AAAAAAAAAAAAAAAAAAAAAA$AAAA";
    assert!(matches!(LegacyHash::decode(text), Err(ParseError::TooCostly { asked: 31, most: 15, .. })));
    for wrong in ["", "$legacy$", "$legacy$bcrypt$$", "$legacy$unheard$$AAAA", "{SHA}fByWwTiXmelaXuUO2c5fW+x8lb4="] {
        assert_eq!(LegacyHash::decode(wrong).err(), Some(ParseError::Unknown), "{wrong}");
    }
}
