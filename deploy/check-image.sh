#!/bin/sh
# Builds the last stage of deploy/Dockerfile around a binary, with buildah and no network, and runs the image: as the user
# that it names, with nothing but what is in it.
#
#	deploy/check-image.sh bin/feedmill
#
# The exit code is 75 where buildah cannot make and run even an image with one file in it, as in a sandbox without mounts:
# then nothing is known about ours.
set -eu
binary=$(realpath "$1")
cd "$(dirname "$0")"

work=$(mktemp -d)
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs TMPDIR="$work"
b() { buildah --root "$work/root" --runroot "$work/run" "$@"; }
clean() {
	b rm --all >/dev/null 2>&1 || :
	rm -rf "$work"
}
trap clean EXIT

# Whether buildah works here at all.
mkdir "$work/probe"
cp "$binary" "$work/probe/feedmill"
printf 'FROM scratch\nCOPY feedmill /feedmill\n' >"$work/probe/Dockerfile"
if ! {
	b bud --quiet --tag probe "$work/probe" && probe=$(b from probe) && b run "$probe" -- /feedmill version
} >"$work/probe.log" 2>&1; then
	echo "image: buildah cannot build and run an image on this machine, so ours is not checked:"
	tail -n 3 "$work/probe.log"
	exit 75
fi

# What the first stage gives to the last.
mkdir "$work/out" "$work/out/tmp" "$work/out/data"
cp "$binary" "$work/out/feedmill"
cp /etc/ssl/certs/ca-certificates.crt "$(go env GOROOT)/lib/time/zoneinfo.zip" "$work/out/"
sed -n '/^FROM scratch$/,$p' Dockerfile | sed 's|--from=build \(.*\) /out/|--from=build \1 /|; s|--from=build /out/|--from=build /|' >"$work/Dockerfile"
b bud --quiet --format docker --build-context "build=$work/out" --file "$work/Dockerfile" --tag feedmill "$work/out" >/dev/null

c=$(b from feedmill)
user=$(b inspect --format '{{.OCIv1.Config.User}}' "$c")
[ "$user" = 65532:65532 ] || { echo "image: it runs as \"$user\", not as 65532:65532" >&2; exit 1; }
health=$(b inspect --format '{{.Docker.Config.Healthcheck}}' "$c")
case $health in *healthcheck*) ;; *) echo "image: its health check is \"$health\"" >&2; exit 1 ;; esac
b run "$c" -- /usr/bin/feedmill version >/dev/null
b run "$c" -- /usr/bin/feedmill run --once --demo --data /data --quiet
n=$(b run "$c" -- /usr/bin/feedmill records list --data /data -o jsonl | wc -l)
[ "$n" -gt 0 ] || { echo "image: the demo stored no record" >&2; exit 1; }
echo "image: built and run; the demo stored $n records as user $user"
