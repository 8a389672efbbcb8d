//! The sections behind the answer.

/// A section; one is open at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// How the loss moves away from the optimum.
    Explore,
    /// How well the runs are predicted.
    Evidence,
    /// Which runs to train next.
    NextRuns,
    /// The table, the law and its settings.
    Data,
    /// The link and files.
    Export,
}

impl Section {
    /// All, in the order of the tabs.
    pub const ALL: [Self; 5] = [Self::Explore, Self::Evidence, Self::NextRuns, Self::Data, Self::Export];

    /// Its id in the page.
    pub fn id(self) -> &'static str {
        match self {
            Self::Explore => "explore",
            Self::Evidence => "evidence",
            Self::NextRuns => "next",
            Self::Data => "data",
            Self::Export => "export",
        }
    }

    /// The id of its tab.
    pub fn tab_id(self) -> String {
        format!("{}-tab", self.id())
    }

    /// As its tab shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Explore => "Explore",
            Self::Evidence => "Evidence",
            Self::NextRuns => "Next runs",
            Self::Data => "Data & law",
            Self::Export => "Export",
        }
    }

    /// The one so many tabs further on, round and round.
    pub fn moved(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|one| *one == self).unwrap_or(0) as isize;
        Self::ALL[(at + by).rem_euclid(Self::ALL.len() as isize) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_go_round() {
        assert_eq!(Section::Explore.moved(-1), Section::Export);
        assert_eq!(Section::Export.moved(1), Section::Explore);
        assert_eq!(Section::Evidence.moved(1), Section::NextRuns);
    }
}
