// Installs system packages with apt-get, on Debian, Ubuntu and systems derived from them. The user
// must be root, or the script must run in CI with passwordless sudo.

/**
 * Returns a function `(packages, why) => Promise<boolean>` that installs packages. Its promise
 * resolves to true if apt-get succeeded.
 */
export function aptInstaller({ env, uid, exists, read, log, capture, run }) {
  let updated = false;

  return async function install(packages, why) {
    const become = await permission();
    if (!become) return false;
    log(`Installing with apt-get: ${packages.join(" ")} (${why})`);
    const aptGet = (...args) =>
      run(become[0], [
        ...become.slice(1),
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-q",
        "-o",
        "DPkg::Lock::Timeout=120",
        ...args,
      ]);
    // Ignore a failed update. `packages` may come from another mirror than the mirror that failed.
    if (!updated) await aptGet("update");
    updated = true;
    return aptGet("install", "-y", "--no-install-recommends", ...packages);
  };

  /**
   * Returns the command prefix that runs `apt-get` as root, such as `["sudo", "-n", "env"]`.
   * Returns undefined if the script must not install packages on this machine.
   */
  async function permission() {
    if (!exists("/usr/bin/apt-get") || !exists("/etc/os-release")) return undefined;
    if (!/^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(read("/etc/os-release"))) return undefined;
    if (uid === 0) return ["env"];
    if (env.CI && (await capture("sudo", "-n", "true")) !== undefined) return ["sudo", "-n", "env"];
    return undefined;
  }
}
