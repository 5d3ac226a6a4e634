//! CPU time of processes, as counted by the kernel (proc(5), `stat`).

use std::fs;

use nix::unistd::{SysconfVar, sysconf};

/// The CPU time in seconds that these processes and all their descendants have used, including those that have
/// ended: their time is added to the process that waited for them.
///
/// # Panics
/// When one of them has ended.
pub fn seconds(processes: &[u32]) -> f64 {
    let all: Vec<Stat> = fs::read_dir("/proc")
        .expect("/proc is there")
        .flatten()
        .filter_map(|entry| Stat::read(entry.file_name().to_str()?.parse().ok()?))
        .collect();
    let of = |process: &u32| {
        let root = all.iter().find(|stat| stat.process == *process).expect("the process runs");
        root.ticks_below(&all)
    };
    let ticks: u64 = processes.iter().map(of).sum();
    let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
    ticks as f64 / per_second as f64
}

struct Stat {
    process: u32,
    parent: u32,
    /// Its own, and that of the children it waited for.
    ticks: u64,
}

impl Stat {
    fn read(process: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name may contain anything; the first field after it is the state, the third field of the line.
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        let ticks = (14..=17).map(number).sum::<Option<u64>>()?;
        Some(Self { process, parent: u32::try_from(number(4)?).ok()?, ticks })
    }

    fn ticks_below(&self, all: &[Self]) -> u64 {
        let children = all.iter().filter(|stat| stat.parent == self.process);
        self.ticks + children.map(|child| child.ticks_below(all)).sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted() {
        let own = std::process::id();
        let before = seconds(&[own]);
        let mut sum = 0_u64;
        while seconds(&[own]) < before + 0.02 {
            sum = (0..100_000_u64).fold(sum, |sum, n| std::hint::black_box(sum ^ n));
        }
    }
}
