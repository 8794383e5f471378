"""One hồ sơ, one AIP: a reproducible uncompressed tar that holds a BagIt 1.0 bag around a TT 05/2025 AIP_hoso tree."""
