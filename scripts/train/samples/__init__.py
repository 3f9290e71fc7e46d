"""One module per sample model; each exports `build_sample() -> Sample`."""
