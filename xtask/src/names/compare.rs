//! Two lists of names side by side.

use super::registry::Names;

/// How another list differs from ours at one code point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) code: u64,
    pub(super) ours: Option<String>,
    pub(super) theirs: Option<String>,
}

impl Difference {
    /// For people: `0x1308 is TLS_NEW there and has no name here`.
    pub(super) fn text(&self) -> String {
        let said = |name: &Option<String>| match name {
            Some(name) => format!("is {name}"),
            None => "has no name".to_owned(),
        };
        let (theirs, ours) = (said(&self.theirs), said(&self.ours));
        format!("{:#06x} {theirs} there and {ours} here", self.code)
    }
}

/// Every code point that does not have the same name in both.
pub(super) fn differences(ours: &Names, theirs: &Names) -> Vec<Difference> {
    let mut codes: Vec<u64> = ours.keys().chain(theirs.keys()).copied().collect();
    codes.sort_unstable();
    codes.dedup();
    let both = codes.into_iter().map(|code| Difference {
        code,
        ours: ours.get(&code).cloned(),
        theirs: theirs.get(&code).cloned(),
    });
    both.filter(|pair| pair.ours != pair.theirs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_gone_or_renamed_differs() {
        let names = |list: &[(u64, &str)]| -> Names {
            list.iter()
                .map(|(code, name)| (*code, (*name).to_owned()))
                .collect()
        };
        let ours = names(&[(1, "a"), (2, "b"), (3, "c")]);
        let theirs = names(&[(1, "a"), (3, "d"), (4, "e")]);
        let found = differences(&ours, &theirs);
        let texts: Vec<_> = found.iter().map(Difference::text).collect();
        assert_eq!(
            texts,
            [
                "0x0002 has no name there and is b here",
                "0x0003 is d there and is c here",
                "0x0004 is e there and has no name here",
            ]
        );
    }
}
