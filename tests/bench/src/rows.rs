//! What is measured, one file each.

pub(crate) mod broadcast;
pub(crate) mod click;
pub(crate) mod cold;
pub(crate) mod fold;
pub(crate) mod github;
pub(crate) mod instructions;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod page;
pub(crate) mod repeat;
pub(crate) mod size;
pub(crate) mod start;
pub(crate) mod warm;
