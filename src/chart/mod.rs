//! Charts: spec (results → plain data) and draw (spec → any plotters backend).
