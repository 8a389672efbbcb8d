//! The colours of the page: light, dark, or as the system is.

/// Where the choice lies in the browser's storage; `src/web/boot.js` reads it, too.
pub const STORAGE_KEY: &str = "mixlaw.theme";

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    /// As the system is.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl ThemeChoice {
    /// All, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Its name for machines.
    pub fn id(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The one of that name; the system's for any other.
    pub fn from_id(id: &str) -> Self {
        Self::ALL.into_iter().find(|choice| choice.id() == id).unwrap_or_default()
    }

    /// What the menu says.
    pub fn label(self) -> &'static str {
        match self {
            Self::Auto => "◐ Auto",
            Self::Light => "☀ Light",
            Self::Dark => "☾ Dark",
        }
    }

    /// What the style sheet is told; nothing leaves it to the system.
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::Auto).then_some(self.id())
    }

    /// Whether the page is dark on such a system.
    pub fn is_dark(self, system_is_dark: bool) -> bool {
        match self {
            Self::Auto => system_is_dark,
            Self::Light => false,
            Self::Dark => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_comes_back_and_outdoes_the_system() {
        for choice in ThemeChoice::ALL {
            assert_eq!(ThemeChoice::from_id(choice.id()), choice);
            assert_eq!(ThemeChoice::from_id(choice.attribute().unwrap_or_default()), choice);
        }
        assert_eq!([true, false].map(|system| ThemeChoice::Auto.is_dark(system)), [true, false]);
        assert_eq!([true, false].map(|system| ThemeChoice::Light.is_dark(system)), [false, false]);
        assert_eq!([true, false].map(|system| ThemeChoice::Dark.is_dark(system)), [true, true]);
    }
}
