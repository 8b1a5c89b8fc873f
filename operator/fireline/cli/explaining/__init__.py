"""What ``fireline explain`` says: steps (is it carried out?), arithmetic (what do numbers mean?), alarms."""
