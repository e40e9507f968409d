#!/bin/sh
# Makes the keys and passwords of a feedmill in several processes, each once: what is there is left as it is.
#
#	deploy/keys.sh [DIR]        DIR is deploy/secrets where it is left out
#
# It needs nk, the key tool of NATS: https://github.com/nats-io/nkeys, in the image natsio/nats-box too. NK names it where
# it is not on the PATH, or the command that runs it: NK='docker run --rm -i natsio/nats-box nk' deploy/keys.sh
#
# The directory is for its owner alone. The files in it can be read by all, for a container that one of them is mounted
# into runs as another user.
set -eu
dir=${1:-$(dirname "$0")/secrets}
nk=${NK:-nk}
umask 077
mkdir -p "$dir"
chmod 700 "$dir"

# put writes standard input to a file in one step.
put() {
	cat >"$dir/.new"
	chmod 644 "$dir/.new"
	mv "$dir/.new" "$dir/$1"
}

for user in fetcher parser enricher sink ops; do
	[ -s "$dir/$user.nk" ] && continue
	seed=$($nk -gen user) || {
		echo "keys.sh: cannot run \"$nk -gen user\"; NK names the command to use, see the top of this file" >&2
		exit 1
	}
	echo "$seed" | put "$user.nk"
done

# nk reads a seed from a file; standard input will do, also for one that runs in a container.
users=$(for user in fetcher parser enricher sink ops; do
	public=$($nk -inkey /dev/stdin -pubout <"$dir/$user.nk") || exit 1
	echo "$(echo "$user" | tr a-z A-Z): $public"
done)
echo "$users" | put nats-users.conf

if ! [ -s "$dir/postgres-password" ]; then
	password=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
	printf %s "$password" | put postgres-password
fi
echo "*:*:feedmill:feedmill:$(cat "$dir/postgres-password")" | put pgpass
