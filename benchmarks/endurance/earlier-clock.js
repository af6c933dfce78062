// Preloaded into the command (`node --import`): its clock is an hour slow.
const HOUR_MS = 3_600_000;
const now = Date.now.bind(Date);
Date.now = () => now() - HOUR_MS;
