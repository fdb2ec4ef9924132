# SPDX-License-Identifier: Apache-2.0
# git: init, add, commit, branch, merge, log, clone of a local path, gc.
set -u
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
export GIT_AUTHOR_DATE='2024-01-02T03:04:05Z' GIT_COMMITTER_DATE='2024-01-02T03:04:05Z' GIT_CONFIG_NOSYSTEM=1 HOME=$PWD
git init -q -b main repo && cd repo || exit 1
for i in $(seq 50); do echo "file $i" > "f$i"; done; git add . && git commit -q -m first && git log --oneline
git checkout -q -b topic && sed -i 's/file/topic/' f1 && git commit -qam topic && git checkout -q main
echo more >> f2 && git commit -qam main && git merge -q -m merge topic && git log --graph --format=%s
git status --short; echo new > n; git status --short; git diff --stat HEAD~1; git show HEAD:f1
cd .. && git clone -q repo copy && git -C copy log -1 --format=%H && git clone -q --bare "file://$PWD/repo" bare.git && ls bare.git | sort
cd copy && echo x >> f3 && git commit -qam change && git push -q ../bare.git main && git -C ../bare.git log -1 --format=%s
git gc -q && git fsck --no-progress && git count-objects | cut -d' ' -f1; git tag v1 && git describe; git stash list; git archive HEAD | tar t | wc -l
git rev-parse nothing 2>/dev/null; echo $?; git grep -c file | wc -l; git blame -s f1 | cut -c10-
