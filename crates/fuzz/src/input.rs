//! What a target is given: a head that chooses, and the bytes that are looked at.
//!
//! The head says which formats to read and write, and where to cut. It has a fixed length, so that a mutation of the rest
//! does not turn one choice into another.

use postern_wire::Format;

const CUTS: usize = 6;
/// Two formats, a byte of switches, and the cuts, of two bytes each.
pub const HEAD: usize = 3 + 2 * CUTS;

/// The input, taken apart.
pub struct Input<'a> {
    pub from: Format,
    pub to: Format,
    switches: u8,
    cuts: [usize; CUTS],
    pub body: &'a [u8],
}

impl<'a> Input<'a> {
    /// `None` if there is not even a head.
    pub fn new(data: &'a [u8]) -> Option<Self> {
        let (head, body) = data.split_at_checked(HEAD)?;
        let format = |byte: u8| Format::ALL[usize::from(byte) % Format::ALL.len()];
        let mut cuts = [0; CUTS];
        for (cut, pair) in cuts.iter_mut().zip(head[3..].chunks_exact(2)) {
            *cut = usize::from(u16::from_le_bytes([pair[0], pair[1]]));
        }
        Some(Self { from: format(head[0]), to: format(head[1]), switches: head[2], cuts, body })
    }

    /// One of eight switches.
    pub fn switch(&self, number: u8) -> bool {
        self.switches >> number & 1 == 1
    }

    /// The body in pieces, some of which may be empty.
    pub fn pieces(&self) -> Vec<&'a [u8]> {
        let mut at: Vec<usize> = self.cuts.iter().map(|cut| cut % (self.body.len() + 1)).collect();
        at.extend([0, self.body.len()]);
        at.sort_unstable();
        at.windows(2).map(|pair| &self.body[pair[0]..pair[1]]).collect()
    }
}

/// An input that chooses these formats.
pub fn assemble(from: Format, to: Format, switches: u8, body: &[u8]) -> Vec<u8> {
    let index = |format| Format::ALL.iter().position(|one| *one == format).unwrap_or_default() as u8;
    let mut data = vec![index(from), index(to), switches];
    // Somewhere, but not in the same place for every seed.
    for cut in 1..=CUTS {
        data.extend_from_slice(
            &((cut * (body.len() + usize::from(data[1])) / (CUTS + 1)) as u16).to_le_bytes(),
        );
    }
    data.extend_from_slice(body);
    data
}
