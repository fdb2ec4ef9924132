# SPDX-License-Identifier: Apache-2.0
# Start-up errors: one line on stderr, the exit codes of container tools, nothing left running.
. "$(dirname "$0")/../lib/limits.sh"

try() { # WHAT CODE PATTERN ARG...
	local what=$1 code=$2 pattern=$3 err
	shift 3
	err=$(p "$@" 2>&1 > /dev/null < /dev/null)
	is "$what: status" $? "$code"
	is "$what: one line" "$(printf '%s\n' "$err" | wc -l)" 1
	case $err in
	*$pattern*) ;;
	*) is "$what: message" "$err" "$pattern" ;;
	esac
}
PATH=/usr/bin:/bin # in a folder of it that one may not search anything could be
try "missing program" 127 "not found" do -- no-such-program
try "missing path" 127 "No such file" do -- /no/such/program
echo text > file
try "not executable" 126 "Permission denied" do -- ./file
chmod +x file
printf '\x7fELF garbage' > elf && chmod +x elf
try "broken ELF" 126 "Exec format error" do -- ./elf
try "a directory" 126 "Permission denied" do -- /etc
try "missing root" 125 "No such file" do --rootfs /no/such/root -- true
try "root is a file" 125 "Not a directory" do --rootfs ./file -- true
try "unknown option" 125 "unknown option '--wrong'" do --wrong -- true
try "option without value" 125 "needs a value" do --rootfs
try "no command" 125 "no command" do
try "unknown verb" 125 "unknown command 'dance'" dance
try "unknown platform" 125 "unknown platform" do --platform x -- true
try "ptrace platform" 125 "not built into" do --platform ptrace -- true
try "kvm platform" 125 "not built into" do --platform kvm -- true
try "bad user" 125 "not UID" do -u root -- true
try "bad volume" 125 "SRC:DST" do -v nonsense -- true
try "missing volume" 125 "No such file" do -v /no/such:/mnt -- true
try "log in a missing directory" 125 "can't be opened" do --log /no/such/dir/log -- true
try "missing working directory" 127 "No such file" do -w /no/such/dir -- true

# An ELF cut at every header boundary, and in between, is refused and never hurts.
cp /bin/true t
for n in 0 1 4 15 16 18 20 24 32 40 52 54 56 58 60 62 63 64 100 120 176 232 288 344 400 456 512 1024 4096; do
	head -c $n t > cut && chmod +x cut
	p do -- ./cut > /dev/null 2>&1 < /dev/null
	rc=$?
	# Headers whole but contents cut off: natively killed by a signal at the first page.
	case $rc in
	0 | 126 | 135 | 139) ;;
	*) is "cut at $n" "$rc" "126, or 0 for an empty script" ;;
	esac
done

# An unreadable root and no privileges, as another user.
if [ "$(id -u)" = 0 ]; then
	mkdir -m 700 secret
	chmod 755 .
	err=$(setpriv --reuid 65534 --regid 65534 --clear-groups timeout 20 "$PICKET_COPY" do --rootfs "$PWD/secret" -- true 2>&1)
	is "unreadable root: status" $? 125
	case $err in *"Permission denied"*) ;; *) is "unreadable root: message" "$err" "Permission denied" ;; esac
	err=$(unshare -Ur sh -c "echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set -all --inh-caps -all --ambient-caps -all '$PICKET_COPY' do -- true" 2>&1)
	is "no privileges: status" $? 125
	case $err in *"no privileges"*) ;; *) is "no privileges: message" "$err" "no privileges" ;; esac
fi
finish
