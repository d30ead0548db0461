// Copied into the folder of the newest clients, so their names resolve there.

export const load = (name) => import(name);
