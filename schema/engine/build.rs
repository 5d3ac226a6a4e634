//! Embeds a new migration without further ado: the compiler itself watches only the files that it knows.

fn main() {
    #[allow(clippy::print_stdout, reason = "this is how Cargo is told")]
    {
        println!("cargo::rerun-if-changed=../../migrations");
    }
}
