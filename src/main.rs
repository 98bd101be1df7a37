//! The `motlan` binary: hands its arguments to the library.

fn main() -> std::process::ExitCode {
    motlan::app::cli::main()
}
