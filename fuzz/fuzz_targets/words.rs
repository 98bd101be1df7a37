#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| motlan_fuzz::words::run(data));
