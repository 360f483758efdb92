"""Unit statistics: ongoing and started spells as the national statistics service counts them, small cells hidden."""
