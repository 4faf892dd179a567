"""Part of step 2: the addresses at which a report arrives: whom they carry, what they prove."""
