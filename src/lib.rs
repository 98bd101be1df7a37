//! motlan
