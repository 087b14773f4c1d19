"""District packs: a folder of data about one district, read and proven into the kernel's duty table and links."""

from sanban.packs.district.loading import District, load_district, shipped_district

__all__ = ["District", "load_district", "shipped_district"]
