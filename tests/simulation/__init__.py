"""An MSP's months in a virtual clock: the product's own functions over in-process stand-ins and the store in memory."""
