"""What parties read, in English: what happened, why, what to do now, until when. Text only, one function a type."""
