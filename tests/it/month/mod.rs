mod catalogue;
mod due;
mod generation;
mod task;
