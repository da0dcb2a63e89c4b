"""What people and mail programs reach: the tracker."""
