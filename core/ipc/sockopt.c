/* SPDX-License-Identifier: Apache-2.0
 *
 * The options of level SOL_SOCKET, which are alike for all families: socket(7). Layer: core.
 */
#include <limits.h>
#include <linux/sock_diag.h>
#include <sys/time.h>

#include "core/ipc/socket.h"
#include "core/log.h"

#define SOCK_BUF_MAX 212992u /* net.core.wmem_max, rmem_max */
#define FORCE_MAX (64 << 20)
#define SOCK_MIN_SNDBUF 4608u
#define SOCK_MIN_RCVBUF 2304u

#define BIT(opt) ((uint64_t)1 << (opt))
/* Kept and given back; a family that obeys one asks sock_opts_flag. */
#define FLAG_OPTS                                                                                  \
	(BIT(SO_DEBUG) | BIT(SO_REUSEADDR) | BIT(SO_DONTROUTE) | BIT(SO_BROADCAST) |               \
	 BIT(SO_KEEPALIVE) | BIT(SO_OOBINLINE) | BIT(SO_NO_CHECK) | BIT(SO_TIMESTAMP) |            \
	 BIT(SO_TIMESTAMPNS) | BIT(SO_PASSSEC) | BIT(SO_RXQ_OVFL) | BIT(SO_WIFI_STATUS) |          \
	 BIT(SO_NOFCS) | BIT(SO_LOCK_FILTER) | BIT(SO_SELECT_ERR_QUEUE) | BIT(SO_REUSEPORT))

void sock_opts_init(struct sock_opts *s, int family, int type, int protocol)
{
	static uint64_t next_cookie = 1;

	*s = (struct sock_opts){
		.family = family, .type = type, .protocol = protocol,
		.sndbuf = SOCK_BUF_DEFAULT, .rcvbuf = SOCK_BUF_DEFAULT,
		.rcvtimeo = KTIME_NEVER, .sndtimeo = KTIME_NEVER, .rcvlowat = 1, .peek_off = -1,
		.peer = { 0, (uid_t)-1, (gid_t)-1 }, .cookie = next_cookie++,
	};
}

void sock_opts_done(struct sock_opts *s)
{
	cred_unref(s->peer_cred);
	s->peer_cred = NULL;
}

void sock_opts_set_peer(struct sock_opts *s, const struct sock_caller *who)
{
	struct cred *c = (struct cred *)(uintptr_t)who->cred;

	cred_unref(s->peer_cred);
	s->peer_cred = cred_ref(c); /* immutable; only its count changes */
	s->peer = (struct sock_cred){ who->pid, c->euid, c->egid };
}

void sock_opts_copy_peer(struct sock_opts *s, const struct sock_opts *from)
{
	if (from->peer_cred)
		cred_ref(from->peer_cred);
	cred_unref(s->peer_cred);
	s->peer_cred = from->peer_cred;
	s->peer = from->peer;
}

static bool is_flag(int opt)
{
	return opt >= 0 && opt < 64 && FLAG_OPTS & BIT(opt);
}

static int set_timeout(ktime_t *to, const void *val, unsigned len)
{
	struct timeval tv;

	if (len < sizeof(tv))
		return -EINVAL;
	memcpy(&tv, val, sizeof(tv));
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	struct timespec ts = { tv.tv_sec, tv.tv_usec * 1000 };
	if (tv.tv_sec < 0)
		*to = 0;
	else if (!tv.tv_sec && !tv.tv_usec)
		*to = KTIME_NEVER;
	else if (tv.tv_sec >= KTIME_NEVER / NSEC_PER_SEC)
		*to = KTIME_NEVER;
	else
		*to = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	return 0;
}

static int set_linger(struct sock_opts *s, const void *val, unsigned len)
{
	struct linger l;

	if (len < sizeof(l))
		return -EINVAL;
	memcpy(&l, val, sizeof(l));
	s->linger = l.l_onoff;
	if (l.l_onoff)
		s->linger_sec = l.l_linger;
	return 0;
}

static int set_flag(struct sock_opts *s, int opt, int v)
{
	if (opt == SO_REUSEPORT && v && s->family != AF_INET && s->family != AF_INET6)
		return -EOPNOTSUPP;
	if (opt == SO_LOCK_FILTER && !v && sock_opts_flag(s, opt))
		return -EPERM;
	if (v)
		s->flags |= BIT(opt);
	else
		s->flags &= ~BIT(opt);
	/* One excludes the other. */
	if (v && opt == SO_TIMESTAMP)
		s->flags &= ~BIT(SO_TIMESTAMPNS);
	if (v && opt == SO_TIMESTAMPNS)
		s->flags &= ~BIT(SO_TIMESTAMP);
	return 0;
}

/* SO_SNDBUF, SO_RCVBUF and their FORCE forms; the value is doubled as Linux does. */
static int set_buffer(struct sock_opts *s, int opt, int v, bool admin)
{
	bool force = opt == SO_SNDBUFFORCE || opt == SO_RCVBUFFORCE;
	unsigned n;

	if (force && !admin)
		return -EPERM;
	if (force) /* beyond wmem_max, but the sentry's memory has an end */
		n = (unsigned)MIN(MAX(v, 0), FORCE_MAX) * 2;
	else /* a negative value is a huge one */
		n = MIN((unsigned)v, SOCK_BUF_MAX) * 2;
	if (opt == SO_SNDBUF || opt == SO_SNDBUFFORCE)
		s->sndbuf = MAX(n, SOCK_MIN_SNDBUF);
	else
		s->rcvbuf = MAX(n, SOCK_MIN_RCVBUF);
	return 0;
}

/* Options that only some may set: outside the plain range for SO_PRIORITY. */
static int set_marked(struct sock_opts *s, int opt, int v, const struct sock_caller *who)
{
	bool may = cred_capable(who->cred, CAP_NET_ADMIN) || cred_capable(who->cred, CAP_NET_RAW);

	if (!may && (opt == SO_MARK || v < 0 || v > 6))
		return -EPERM;
	if (opt == SO_MARK)
		s->mark = (uint32_t)v;
	else
		s->priority = v;
	return 0;
}

static int set_passcred(struct sock_opts *s, int v)
{
	if (s->family != AF_UNIX && s->family != AF_NETLINK)
		return -EOPNOTSUPP;
	s->passcred = v;
	return 0;
}

static int set_peek_off(struct sock_opts *s, int v)
{
	if (s->family != AF_UNIX)
		return -EOPNOTSUPP;
	s->peek_off = v < 0 ? -1 : v;
	return 0;
}

int sock_opts_set(struct sock_opts *s, int opt, const void *val, unsigned len,
                  const struct sock_caller *who)
{
	int v;

	if (len < sizeof(v))
		return -EINVAL;
	memcpy(&v, val, sizeof(v));
	if (is_flag(opt))
		return set_flag(s, opt, v);
	switch (opt) {
	case SO_SNDBUF:
	case SO_RCVBUF:
	case SO_SNDBUFFORCE:
	case SO_RCVBUFFORCE:
		return set_buffer(s, opt, v, cred_capable(who->cred, CAP_NET_ADMIN));
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return set_timeout(&s->rcvtimeo, val, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return set_timeout(&s->sndtimeo, val, len);
	case SO_RCVLOWAT:
		s->rcvlowat = v < 0 ? INT_MAX : v ? v : 1;
		return 0;
	case SO_PRIORITY:
	case SO_MARK:
		return set_marked(s, opt, v, who);
	case SO_LINGER:
		return set_linger(s, val, len);
	case SO_PASSCRED:
		return set_passcred(s, v);
	case SO_PEEK_OFF:
		return set_peek_off(s, v);
	case SO_BSDCOMPAT:
		return 0;
	case SO_ZEROCOPY:
		return -EOPNOTSUPP;
	case SO_DETACH_FILTER:
		return -ENOENT;
	case SO_TYPE:
	case SO_PROTOCOL:
	case SO_DOMAIN:
	case SO_ERROR:
	case SO_ACCEPTCONN:
	case SO_PEERCRED:
	case SO_SNDLOWAT:
		return -ENOPROTOOPT;
	}
	log_once("setsockopt SOL_SOCKET", "socket option %d is not supported", opt);
	return -ENOPROTOOPT;
}

/* At most *len bytes of the value; what was written in *len. */
static int give(void *val, unsigned *len, const void *from, size_t n)
{
	*len = MIN(*len, (unsigned)n);
	memcpy(val, from, *len);
	return 0;
}

static int get_groups(struct sock_opts *s, void *val, unsigned *len)
{
	if (!s->peer_cred)
		return -ENODATA;
	unsigned n = s->peer_cred->ngroups * (unsigned)sizeof(gid_t);
	if (*len < n) {
		*len = n; /* the caller still tells the guest how much it takes */
		return -ERANGE;
	}
	*len = n;
	if (n)
		memcpy(val, s->peer_cred->groups, n);
	return 0;
}

static int get_timeout(ktime_t to, void *val, unsigned *len)
{
	struct timeval tv = { 0, 0 };

	if (to != KTIME_NEVER) {
		tv.tv_sec = to / NSEC_PER_SEC;
		tv.tv_usec = to % NSEC_PER_SEC / 1000;
	}
	return give(val, len, &tv, sizeof(tv));
}

static int get_int(struct sock_opts *s, int opt, int *v)
{
	switch (opt) {
	case SO_TYPE:
		*v = s->type;
		return 0;
	case SO_DOMAIN:
		*v = s->family;
		return 0;
	case SO_PROTOCOL:
		*v = s->protocol;
		return 0;
	case SO_ERROR:
		*v = s->err;
		s->err = 0;
		return 0;
	case SO_ACCEPTCONN:
		*v = s->listening;
		return 0;
	case SO_SNDBUF:
		*v = (int)s->sndbuf;
		return 0;
	case SO_RCVBUF:
		*v = (int)s->rcvbuf;
		return 0;
	case SO_RCVLOWAT:
		*v = s->rcvlowat;
		return 0;
	case SO_SNDLOWAT:
		*v = 1;
		return 0;
	case SO_PRIORITY:
		*v = s->priority;
		return 0;
	case SO_MARK:
		*v = (int)s->mark;
		return 0;
	case SO_PASSCRED:
		*v = s->passcred;
		return 0;
	case SO_PEEK_OFF:
		if (s->family != AF_UNIX)
			return -EOPNOTSUPP;
		*v = s->peek_off;
		return 0;
	case SO_BSDCOMPAT:
	case SO_INCOMING_NAPI_ID:
	case SO_ZEROCOPY:
		*v = 0;
		return 0;
	}
	log_once("getsockopt SOL_SOCKET", "socket option %d is not supported", opt);
	return -ENOPROTOOPT;
}

int sock_opts_get(struct sock_opts *s, int opt, void *val, unsigned *len)
{
	int v = 0;

	switch (opt) {
	case SO_LINGER: {
		struct linger l = { s->linger, s->linger_sec };
		return give(val, len, &l, sizeof(l));
	}
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		return get_timeout(s->rcvtimeo, val, len);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		return get_timeout(s->sndtimeo, val, len);
	case SO_PEERCRED:
		return give(val, len, &s->peer, sizeof(s->peer));
	case SO_PEERGROUPS:
		return get_groups(s, val, len);
	case SO_COOKIE:
		if (*len < sizeof(s->cookie))
			return -EINVAL;
		return give(val, len, &s->cookie, sizeof(s->cookie));
	}
	int err = 0;
	if (is_flag(opt))
		v = sock_opts_flag(s, opt);
	else
		err = get_int(s, opt, &v);
	return err ? err : give(val, len, &v, sizeof(v));
}
