mod catalogue;
mod document;
mod due;
mod generation;
mod moves;
mod runs;
mod task;
mod years;
