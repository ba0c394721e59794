"""What every page shares: layout, navigation, errors, the account page."""
