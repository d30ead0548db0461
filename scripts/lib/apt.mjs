// System packages: installed only where nobody minds , named everywhere else.

/** `(packages, why) => Promise<boolean>`: whether apt-get installed them. */
export function aptInstaller({ env, uid, exists, read, log, capture, run }) {
  let updated = false;

  return async function install(packages, why) {
    const become = await permission();
    if (!become) return false;
    log(`Installing with apt-get: ${packages.join(" ")} (${why})`);
    const aptGet = (...args) =>
      run(become[0], [...become.slice(1), "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", ...args]);
    // A failed update is no reason to give up: a mirror that has nothing to do with these packages may be down.
    if (!updated) await aptGet("update");
    updated = true;
    return aptGet("install", "-y", "--no-install-recommends", ...packages);
  };

  /** The command that goes before apt-get, or undefined where this machine is not ours to change. */
  async function permission() {
    if (!exists("/usr/bin/apt-get") || !exists("/etc/os-release")) return undefined;
    if (!/^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(read("/etc/os-release"))) return undefined;
    if (uid === 0) return ["env"];
    if (env.CI && (await capture("sudo", "-n", "true")) !== undefined) return ["sudo", "-n", "env"];
    return undefined;
  }
}
