//! Colours: at least 3 : 1 against the ground (WCAG 1.4.11), kinds told apart by colour-blind readers too.

use plotters_backend::BackendColor;

use super::Hue;

/// Red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// Colours for light or dark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Theme {
    pub(super) ground: Rgb,
    pub(super) ink: Rgb,
    pub(super) soft: Rgb,
    pub(super) rule: Rgb,
    data: Rgb,
    beyond: Rgb,
    ordered: [Rgb; 2],
    kinds: [Rgb; N_KINDS],
    deviation: [Rgb; 3],
}

/// Hues of kinds; more cannot be told apart.
pub(super) const N_KINDS: usize = 8;
/// Viridis at equal steps (Smith & van der Walt 2015): dark to light, read alike by all and in grey.
const VIRIDIS: [Rgb; 9] = [
    (68, 1, 84),
    (72, 40, 120),
    (62, 74, 137),
    (49, 104, 142),
    (38, 130, 142),
    (31, 158, 137),
    (53, 183, 121),
    (109, 205, 89),
    (180, 222, 44),
];

const BLACK: Rgb = (0, 0, 0);
const WHITE: Rgb = (255, 255, 255);
/// The luminance from which black stands out more than white: (L + 0.05)² = 0.05 · 1.05.
const MIDDLE: f64 = 0.179;

impl Theme {
    /// On white; also for print and for pictures to take away.
    pub const LIGHT: Self = Self {
        ground: (255, 255, 255),
        ink: (22, 25, 29),
        soft: (85, 92, 102),
        rule: (222, 224, 219),
        data: (0, 114, 178),
        beyond: (179, 89, 0),
        ordered: [(62, 142, 200), (8, 48, 107)],
        kinds: [
            (0, 114, 178),
            (190, 85, 0),
            (68, 153, 153),
            (119, 34, 51),
            (119, 153, 102),
            (51, 34, 136),
            (17, 102, 238),
            (136, 0, 85),
        ],
        deviation: [(33, 102, 172), (118, 118, 118), (178, 24, 43)],
    };
    /// On near black.
    pub const DARK: Self = Self {
        ground: (23, 27, 31),
        ink: (230, 232, 234),
        soft: (163, 171, 180),
        rule: (44, 51, 58),
        data: (86, 165, 218),
        beyond: (224, 140, 60),
        ordered: [(70, 132, 184), (206, 230, 251)],
        kinds: [
            (86, 165, 218),
            (224, 140, 60),
            (153, 238, 204),
            (51, 119, 102),
            (238, 225, 110),
            (60, 100, 200),
            (200, 215, 235),
            (150, 160, 120),
        ],
        deviation: [(103, 169, 229), (150, 150, 150), (244, 130, 120)],
    };

    pub(super) fn rgb(&self, hue: Hue) -> Rgb {
        match hue {
            Hue::Guide => self.soft,
            Hue::Ink => self.ink,
            Hue::Ground => self.ground,
            Hue::Data => self.data,
            Hue::Beyond => self.beyond,
            Hue::Ordered(share) => blend(&self.ordered, share),
            Hue::Kind(kind) => self.kinds[kind % self.kinds.len()],
            Hue::Level(share) => blend(&VIRIDIS, share),
            Hue::OnLevel(share) => {
                let level = blend(&VIRIDIS, share);
                if luminance(level) > MIDDLE { BLACK } else { WHITE }
            }
            Hue::Deviation(share) => blend(&self.deviation, (share + 1.0) / 2.0),
        }
    }

    pub(super) fn color(&self, hue: Hue, alpha: f64) -> BackendColor {
        BackendColor { rgb: self.rgb(hue), alpha }
    }
}

pub(super) fn opaque(rgb: Rgb) -> BackendColor {
    BackendColor { rgb, alpha: 1.0 }
}

/// Linear light (IEC 61966-2-1).
fn linear((r, g, b): Rgb) -> [f64; 3] {
    [r, g, b].map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

/// WCAG 2.1, relative luminance.
fn luminance(rgb: Rgb) -> f64 {
    linear(rgb).iter().zip([0.2126, 0.7152, 0.0722]).map(|(a, b)| a * b).sum()
}

/// The colour at that share of the way along the steps.
fn blend(steps: &[Rgb], share: f64) -> Rgb {
    let at = share.clamp(0.0, 1.0) * (steps.len() - 1) as f64;
    let from = (at as usize).min(steps.len() - 2);
    let between = |a: u8, b: u8| (f64::from(a) + (at - from as f64) * (f64::from(b) - f64::from(a))).round() as u8;
    let (a, b) = (steps[from], steps[from + 1]);
    (between(a.0, b.0), between(a.1, b.1), between(a.2, b.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(matrix: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
    }

    /// WCAG 2.1, contrast ratio.
    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        (a / b).max(b / a)
    }

    /// CIELAB of linear light.
    fn lab(light: [f64; 3]) -> [f64; 3] {
        const XYZ: [[f64; 3]; 3] = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
        let [x, y, z] = times(XYZ, light.map(|part| part.clamp(0.0, 1.0)));
        let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let (x, y, z) = (f(x / 0.9505), f(y), f(z / 1.089));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// Least difference of two colours to those who see all, no green, or no red (Machado et al. 2009, table 1).
    fn difference(a: Rgb, b: Rgb) -> f64 {
        const ALL: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        const NO_GREEN: [[f64; 3]; 3] =
            [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
        const NO_RED: [[f64; 3]; 3] =
            [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
        let seen = |eyes| {
            let (a, b) = (lab(times(eyes, linear(a))), lab(times(eyes, linear(b))));
            a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
        };
        [ALL, NO_GREEN, NO_RED].into_iter().map(seen).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn marks_stand_out_from_the_ground() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            let hues = [Hue::Guide, Hue::Ink, Hue::Data, Hue::Beyond, Hue::Ordered(0.0), Hue::Ordered(1.0)];
            let deviations = [-1.0, 0.0, 1.0].map(Hue::Deviation);
            for hue in hues.into_iter().chain(deviations).chain((0..8).map(Hue::Kind)) {
                let ratio = contrast(theme.rgb(hue), theme.ground);
                assert!(ratio >= 3.0, "{hue:?} on {:?}: {ratio:.2}", theme.ground);
            }
        }
    }

    #[test]
    fn kinds_are_told_apart_without_red_or_green() {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for a in 0..8 {
                for b in 0..a {
                    let difference = difference(theme.rgb(Hue::Kind(a)), theme.rgb(Hue::Kind(b)));
                    assert!(difference > 12.0, "{a} {b} on {:?}: {difference:.1}", theme.ground);
                }
            }
        }
    }

    #[test]
    fn what_is_written_on_a_level_can_be_read() {
        for step in 0..=20 {
            let share = f64::from(step) / 20.0;
            let ratio = contrast(Theme::DARK.rgb(Hue::OnLevel(share)), Theme::DARK.rgb(Hue::Level(share)));
            assert!(ratio >= 4.5, "{share}: {ratio:.2}");
        }
    }

    #[test]
    fn levels_get_lighter() {
        let light = |share: f64| lab(linear(Theme::LIGHT.rgb(Hue::Level(share))))[0];
        assert!((0..20).all(|step| light(f64::from(step) / 20.0) < light(f64::from(step + 1) / 20.0)));
        assert_eq!(Theme::LIGHT.rgb(Hue::Level(f64::INFINITY)), VIRIDIS[8]);
    }
}
