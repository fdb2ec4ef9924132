# SPDX-License-Identifier: Apache-2.0
# sqlite3: transactions, two writers, integrity.
set -u
sqlite3 t.db 'create table t (a integer primary key, b text); begin; with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000) insert into t (b) select hex(i) from n; commit; select count(*), max(a) from t;'
sqlite3 t.db 'begin; delete from t; rollback; select count(*) from t; pragma integrity_check;'
sqlite3 t.db 'pragma journal_mode=wal; insert into t (b) values ("w"); select count(*) from t;'
for i in 1 2 3 4; do sqlite3 -cmd '.timeout 20000' t.db "begin immediate; insert into t (b) values ('p$i'); commit;" & done; wait
sqlite3 t.db 'select count(*) from t where b like "p%"; select b from t where a = 100; vacuum; pragma integrity_check;'
sqlite3 t.db .dump | sqlite3 u.db && sqlite3 u.db 'select count(*) from t'; sqlite3 t.db 'insert into t values (1, 2)'; echo $?
