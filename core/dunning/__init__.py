"""What happens between a bill and its money: reminders, and the promises of those who need some days."""
