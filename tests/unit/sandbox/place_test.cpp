#include "sandbox/place.hpp"

#include <catch2/catch.hpp>

using namespace errand::sandbox;

namespace {

SandboxPolicy example() {
  SandboxPolicy policy;
  policy.workspace = "/w";
  policy.writable = {"/w", "/w/read/cache", "/data/me/workspace"};
  policy.readable = {"/w/read", "/opt/docs"};
  policy.hidden = {"/w/data", "/data"};
  policy.shown = {"/w/data/files/s1"};
  return policy;
}

struct Case {
  const char* path;
  Place place;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.path;
}

}  // namespace

TEST_CASE("place: the most specific path decides, by whole components", "[sandbox][place]") {
  const auto c = GENERATE(values<Case>({
      {"/w", Place::writable},
      {"/w/a/b.txt", Place::writable},
      {"/w2/a", Place::outside},
      {"/", Place::outside},
      {"/etc/passwd", Place::outside},
      {"/w/data", Place::hidden},
      {"/w/data/store.db", Place::hidden},
      {"/w/database", Place::writable},
      {"/w/data/files/s1/result.txt", Place::readable},
      {"/w/data/files/s10/result.txt", Place::hidden},
      {"/w/read/a", Place::readable},
      {"/w/read/cache/a", Place::writable},
      {"/opt/docs/.git/config", Place::readable},
      {"/data/me/store.db", Place::hidden},
      {"/data/me/workspace/a", Place::writable},
  }));
  CAPTURE(c);
  CHECK(place_of(example(), c.path) == c.place);
}

TEST_CASE("place: hidden wins over a root of the same path", "[sandbox][place]") {
  SandboxPolicy policy;
  policy.workspace = "/w";
  policy.writable = policy.readable = policy.shown = policy.hidden = {"/w"};
  CHECK(place_of(policy, "/w/a") == Place::hidden);
}

TEST_CASE("place: names that steer programs outside the sandbox are guarded", "[sandbox][place]") {
  const auto c = GENERATE(values<Case>({
      {"/w/.git", Place::guarded},
      {"/w/.git/hooks/pre-commit", Place::guarded},
      {"/w/vendor/lib/.git/config", Place::guarded},
      {"/w/.gitignore", Place::writable},
      {"/w/.gitmodules", Place::guarded},
      {"/w/.github/workflows/ci.yml", Place::guarded},
      {"/w/sub/.github/workflows", Place::guarded},
      {"/w/.github/CODEOWNERS", Place::writable},
      {"/w/.claude/settings.json", Place::guarded},
      {"/w/.mcp.json", Place::guarded},
      {"/w/.env", Place::guarded},
      {"/w/app/.env.production", Place::guarded},
      {"/w/.env.example", Place::writable},
      {"/w/.environment", Place::writable},
      {"/w/.bashrc", Place::guarded},
      {"/w/agents.yaml", Place::guarded},
      {"/w/skills/review/SKILL.md", Place::guarded},
      {"/w/src/skills/a.cpp", Place::writable},
      {"/w/src/config.yaml", Place::writable},
      {"/w/config.yaml", Place::guarded},
      {"/w/config.yaml.bak", Place::writable},
  }));
  CAPTURE(c);
  CHECK(place_of(example(), c.path) == c.place);
}

TEST_CASE("place: a guarded name above a root does not guard what is in the root", "[sandbox][place]") {
  SandboxPolicy policy;
  policy.workspace = "/home/u/.claude/worktrees/one";
  policy.writable = {policy.workspace};
  CHECK(place_of(policy, policy.workspace + "/a.cpp") == Place::writable);
}

TEST_CASE("place: a writable root that names a guarded directory opens it", "[sandbox][place]") {
  SandboxPolicy policy;
  policy.workspace = "/w";
  policy.writable = {"/w", "/w/skills"};
  CHECK(place_of(policy, "/w/skills/a/SKILL.md") == Place::writable);
}
