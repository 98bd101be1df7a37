#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| motlan_fuzz::addresses::run(data));
