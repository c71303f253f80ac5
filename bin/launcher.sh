# Read by `clip` and `bench`: finds a JDK and builds one jar. Not a program of its own.
# Needs: root, the folder of the repository; name, the word before each message.

die() { printf '%s: %s\n' "$name" "$1" >&2; exit 1; }

# The feature version of the JDK in a directory, by its release file: no JVM is started to ask.
version_of() {
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null || true
}

# Prints the first JDK 25 or newer: JAVA_HOME, then PATH, then the usual folders.
find_java_home() {
  local candidate path_java version
  path_java=$(command -v java || true)
  [ -z "$path_java" ] || path_java=$(dirname "$(dirname "$(readlink -f "$path_java")")")
  for candidate in "${JAVA_HOME:-}" "$path_java" /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
      /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /Library/Java/JavaVirtualMachines/*/Contents/Home \
      "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
    [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] || continue
    version=$(version_of "$candidate")
    if [ -n "$version" ] && [ "$version" -ge 25 ]; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  die 'no JDK 25 or newer found in JAVA_HOME, on PATH or in the usual folders; install one, or set JAVA_HOME'
}

# Whether the jar is missing or older than a source. Modules that it does not hold are given as further arguments.
is_stale() {
  local jar=$1 module
  shift
  [ -f "$jar" ] || return 0
  local leave_out=()
  for module in "$@"; do leave_out+=(-path "$root/$module" -prune -o); done
  [ -n "$(find "$root" -name target -prune -o -path '*/src/test' -prune -o -path "$root/examples" -prune -o "${leave_out[@]}" \
    -type f \( -name '*.java' -o -name pom.xml -o -path '*/src/main/resources/*' \) -newer "$jar" -print -quit)" ]
}

# Builds the module's jar and what it needs, without analysers and tests, into folders of its own (`target/quick`), so that `mvn verify`
# compiles and checks everything itself. Maven runs on the JDK that was found: javac then starts once, not once a module.
build_quick() {
  local module=$1 java_home=$2
  local log=$root/$module/target/quick/build.log
  command -v mvn >/dev/null || die 'mvn is not on PATH; install Maven 3.6.3 or newer to build clip4j'
  printf '%s: building …\n' "$name" >&2
  # Maven's output goes to a file: some versions write escape codes even when asked not to. It is shown when the build fails.
  JAVA_HOME=$java_home MAVEN_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 ${MAVEN_OPTS:-}" \
    mvn -B -q -T 1C -f "$root/pom.xml" -pl "$module" -am -Dquick -Dmaven.test.skip package >"$log" 2>&1 </dev/null || {
    sed 's/\x1b\[[0-9;]*m//g' "$log" >&2
    die 'the build failed, see above'
  }
}

# Builds the jar if it is stale. Of two that start at once, one builds and the other waits. Arguments: module, jar, JDK, modules left out.
ensure_built() {
  local module=$1 jar=$2 java_home=$3
  shift 3
  is_stale "$jar" "$@" || return 0
  mkdir -p "$root/$module/target/quick"
  if command -v flock >/dev/null; then
    exec 9>"$root/$module/target/quick/.build.lock"
    flock 9
  fi
  if is_stale "$jar" "$@"; then # no other process built it while this one waited
    build_quick "$module" "$java_home"
    touch "$jar"
  fi
  exec 9>&-
}
