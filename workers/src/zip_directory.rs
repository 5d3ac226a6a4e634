//! Reads the central directory of a ZIP archive (APPNOTE.TXT 4.3). Whatever sizes the archive claims, little is
//! read and less is kept.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// The signature before the content of each entry.
const LOCAL: &[u8] = b"PK\x03\x04";
/// The signature before each entry of the directory.
const ENTRY: &[u8] = b"PK\x01\x02";
/// The signature of the end record, which tells where the directory is.
const END: &[u8] = b"PK\x05\x06";
/// The length of the end record without its comment.
const END_SIZE: usize = 22;
/// Most entries that are read.
const MOST_ENTRIES: u16 = 1024;
/// Longest top-level name that any check looks for.
const LONGEST_ROOT: usize = 32;
/// Longest media type that any check looks for.
const LONGEST_MEDIA_TYPE: u32 = 128;

/// The part of an archive that determines its kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Archive {
    /// The files and folders at the top level with short names; folders end with `/`. Empty for an archive with
    /// ZIP64 records.
    pub roots: BTreeSet<String>,
    /// The media type in a first, uncompressed entry `mimetype` (OpenDocument 1.3, part 2, 3.3).
    pub media_type: Option<String>,
}

/// Reads the directory of an archive; none when there is no readable directory.
///
/// # Errors
/// When the file cannot be read: retry.
pub fn read(file: impl Read + Seek) -> io::Result<Option<Archive>> {
    match walk(BufReader::new(file)) {
        Ok(archive) => Ok(Some(archive)),
        Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn walk(mut file: impl BufRead + Seek) -> io::Result<Archive> {
    let (end_at, end) = end_record(&mut file)?;
    let (count, size, offset) = (short(&end, 10), long(&end, 12), long(&end, 16));
    if count == u16::MAX || size == u32::MAX || offset == u32::MAX {
        return Ok(Archive::default());
    }
    demand(u64::from(offset) + u64::from(size) <= end_at)?;
    let media_type = if count == 0 { None } else { media_type(&mut file)? };
    file.seek(SeekFrom::Start(offset.into()))?;
    let mut roots = BTreeSet::new();
    for _ in 0..count.min(MOST_ENTRIES) {
        let head: [u8; 46] = record(&mut file)?;
        demand(head.starts_with(ENTRY))?;
        let mut name = vec![0; short(&head, 28).into()];
        file.read_exact(&mut name)?;
        roots.extend(root(&name));
        file.seek(SeekFrom::Current(i64::from(short(&head, 30)) + i64::from(short(&head, 32))))?;
    }
    Ok(Archive { roots, media_type })
}

/// The end record and its position: the last one that is complete with its comment.
fn end_record(file: &mut (impl Read + Seek)) -> io::Result<(u64, [u8; END_SIZE])> {
    let length = file.seek(SeekFrom::End(0))?;
    let tail_at = length.saturating_sub((END_SIZE + usize::from(u16::MAX)) as u64);
    file.seek(SeekFrom::Start(tail_at))?;
    let mut tail = Vec::new();
    file.take(length - tail_at).read_to_end(&mut tail)?;
    let whole = |(at, end): &(usize, &[u8])| {
        end.starts_with(END) && at + END_SIZE + usize::from(short(end, 20)) <= tail.len()
    };
    let found = tail.windows(END_SIZE).enumerate().rfind(whole);
    let (at, end) = found.ok_or(io::ErrorKind::InvalidData)?;
    Ok((tail_at + at as u64, end.try_into().expect("a window has the size of the record")))
}

/// The content of the first entry, if it is `mimetype`. An archive must begin with an entry: one with a program
/// before it is not accepted.
fn media_type(file: &mut (impl Read + Seek)) -> io::Result<Option<String>> {
    file.seek(SeekFrom::Start(0))?;
    let head: [u8; 30] = record(file)?;
    demand(head.starts_with(LOCAL))?;
    let (method, size) = (short(&head, 8), long(&head, 18));
    let mut name = vec![0; short(&head, 26).into()];
    file.read_exact(&mut name)?;
    if name != b"mimetype" || method != 0 || size > LONGEST_MEDIA_TYPE {
        return Ok(None);
    }
    file.seek(SeekFrom::Current(short(&head, 28).into()))?;
    let mut text = vec![0; size as usize];
    file.read_exact(&mut text)?;
    Ok(String::from_utf8(text).ok())
}

/// The top-level file or folder of an entry.
fn root(name: &[u8]) -> Option<String> {
    let root = name.split_inclusive(|byte| *byte == b'/').next()?;
    (root.len() <= LONGEST_ROOT).then(|| String::from_utf8(root.to_vec()).ok()).flatten()
}

fn record<const SIZE: usize>(file: &mut impl Read) -> io::Result<[u8; SIZE]> {
    let mut record = [0; SIZE];
    file.read_exact(&mut record)?;
    Ok(record)
}

fn demand(holds: bool) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

fn short(record: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

fn long(record: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Cursor;

    use super::*;

    /// An uncompressed archive of these entries.
    pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (name, content) in entries {
            let offset = (bytes.len() as u32).to_le_bytes();
            let size = (content.len() as u32).to_le_bytes();
            let name_length = (name.len() as u16).to_le_bytes();
            // The fields of both headers: version, flags, method, time, date, checksum, sizes, lengths.
            let common = [&[20, 0], &[0; 12][..], &size, &size, &name_length, &[0; 2]].concat();
            bytes.extend([LOCAL, &common, name.as_bytes(), content].concat());
            directory.extend([ENTRY, &[20, 0], &common, &[0; 10], &offset, name.as_bytes()].concat());
        }
        let count = (entries.len() as u16).to_le_bytes();
        let (size, offset) = ((directory.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
        bytes.extend([&directory[..], END, &[0; 4], &count, &count, &size, &offset, &[0; 2]].concat());
        bytes
    }

    fn look(bytes: &[u8]) -> Option<Archive> {
        read(Cursor::new(bytes)).unwrap()
    }

    /// The archive with a field of its end record changed.
    fn with(bytes: &[u8], at: usize, value: &[u8]) -> Vec<u8> {
        let (mut bytes, begin) = (bytes.to_vec(), bytes.len() - END_SIZE + at);
        bytes[begin..begin + value.len()].copy_from_slice(value);
        bytes
    }

    #[test]
    fn what_is_in_it() {
        let long = "a".repeat(LONGEST_ROOT + 1);
        let entries: [(&str, &[u8]); 4] =
            [("mimetype", b"text/x"), ("word/a.xml", b""), ("word/b.xml", b""), (&long, b"")];
        let mut bytes = zip(&entries);
        let roots = ["mimetype", "word/"].map(str::to_owned).into();
        let archive = Archive { roots, media_type: Some("text/x".into()) };
        assert_eq!(look(&bytes), Some(archive.clone()));
        // A comment, even one that looks like the record.
        let comment = [END, &[0xff; 30]].concat();
        bytes = with(&bytes, 20, &(comment.len() as u16).to_le_bytes());
        bytes.extend(comment);
        assert_eq!(look(&bytes), Some(archive));
        assert_eq!(look(&zip(&[])), Some(Archive::default()));
        assert_eq!(look(&zip(&[("a", b""), ("mimetype", b"text/x")])).unwrap().media_type, None);
    }

    /// Wrong sizes and counts, and truncated archives.
    #[test]
    fn hostile_archives() {
        let good = zip(&[("mimetype", b"text/x"), ("a/b", b"")]);
        let past_the_end = 0xffff_fff0_u32.to_le_bytes();
        for (at, value) in [(12, &past_the_end[..]), (16, &past_the_end), (10, &[3, 0]), (10, &[0xfe, 0xff])]
        {
            assert_eq!(look(&with(&good, at, value)), None, "{at} {value:?}");
        }
        for length in 0..good.len() {
            assert_eq!(look(&good[..length]), None, "{length}");
        }
        // Nothing, such as a program, may precede the first entry.
        assert_eq!(look(&[b"MZ", &good[..]].concat()), None);
        // ZIP64 sizes are not read: it is an archive, and nothing more is known.
        for (at, value) in [(10, &[0xff; 2][..]), (12, &[0xff; 4]), (16, &[0xff; 4])] {
            assert_eq!(look(&with(&good, at, value)), Some(Archive::default()));
        }
        // The claimed sizes of entries do not matter, except that of the first.
        let mut huge = good.clone();
        huge[18..22].copy_from_slice(&past_the_end);
        assert_eq!(look(&huge).unwrap().media_type, None);
    }

    /// Of very many entries only the first are read.
    #[test]
    fn many_entries() {
        let names: Vec<String> = (0..3000).map(|number| format!("{number}/a")).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        assert_eq!(look(&zip(&entries)).unwrap().roots.len(), usize::from(MOST_ENTRIES));
    }

    proptest::proptest! {
        /// Any input is read without a panic.
        #[test]
        fn anything(mut bytes: Vec<u8>, count: u16, size in 0u32..200, offset in 0u32..200) {
            read(Cursor::new(&bytes)).unwrap();
            bytes.extend([END, &[0; 4], &count.to_le_bytes(), &count.to_le_bytes()].concat());
            bytes.extend([&size.to_le_bytes()[..], &offset.to_le_bytes(), &[0; 2]].concat());
            read(Cursor::new(&bytes)).unwrap();
        }
    }
}
