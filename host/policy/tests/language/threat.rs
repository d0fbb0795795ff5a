//! A higher level of threat tightens and never loosens.
