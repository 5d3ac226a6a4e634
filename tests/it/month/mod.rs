mod catalogue;
mod document;
mod due;
mod generation;
mod task;
