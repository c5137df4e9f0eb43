#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| foretune_fuzz::answers(data));
