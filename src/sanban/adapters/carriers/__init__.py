"""Carriers: the channels on which parcels leave the house, each with the memory twin that tests and the demo use."""

from sanban.adapters.carriers.memory import MemoryCarrier
from sanban.adapters.carriers.providers import ProviderCarrier
from sanban.adapters.carriers.receivers import ReceiverCarrier, looked_up
from sanban.adapters.carriers.relaying import MemoryRelay

__all__ = ["MemoryCarrier", "MemoryRelay", "ProviderCarrier", "ReceiverCarrier", "looked_up"]
