// What is acknowledged is kept: kills, full disks, limits, read-only places, many writers.

#include <random>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "contract/store/samples.hpp"
#include "store/open.hpp"
#include "store/sqlite_database.hpp"
#include "support/temp_dir.hpp"
#include "unit/store/child.hpp"

using namespace errand;
using namespace errand::store;
using namespace errand::test;

namespace {

constexpr unsigned nobody = 65534;

std::unique_ptr<SessionStore> open_at(const std::string& directory) {
  return open(directory, "ada", OpenMode::create).value();
}

std::string message_name(int n) {
  return fmt::format("m{}", n);
}

// Appends for ever; every message that is durable is said.
void write_until_killed(const std::string& directory, const std::string& id, int first, Line& line) {
  const auto store = open_at(directory);
  const auto lease = store->lease(id).value();
  const auto run = a_run(id, first);
  if (!store->begin_run(run, {user_says(id, first, message_name(first), "x")})) return;
  if (!line.say(message_name(first))) return;
  for (int n = first + 1;; ++n) {
    if (!store->append(id, {assistant_says(id, n, message_name(n), std::string(3000, 'y'))}, {1, {}, 0.0})) return;
    if (!line.say(message_name(n))) return;
  }
}

// Appends until it fails: how many were kept, and the error.
struct Filled {
  int kept = 0;
  Error error;
};
Filled fill(SessionStore& store, const std::string& id, int first) {
  Filled out;
  for (int n = first; n < 100'000; ++n) {
    const auto stored =
        store.append(id, {user_says(id, n, message_name(n), std::string(20'000, 'x'))}, {1, {}, std::nullopt});
    if (!stored) {
      out.error = stored.error();
      return out;
    }
    ++out.kept;
  }
  return out;
}

std::string shown(const Error& error) {
  return fmt::format("{}: {} ({})", name_of(error.kind), error.message, error.hint);
}

bool write_text(const char* path, const std::string& content) {
  const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && write_all(file.get(), content).has_value();
}

// A private mount namespace; for another user than root in a user namespace of its own, where he is root.
bool may_mount() {
  const auto uid = ::geteuid();
  const auto gid = ::getegid();
  if (uid != 0) {
    if (::unshare(CLONE_NEWUSER) != 0 || !write_text("/proc/self/uid_map", fmt::format("0 {} 1", uid)) ||
        !write_text("/proc/self/setgroups", "deny") || !write_text("/proc/self/gid_map", fmt::format("0 {} 1", gid))) {
      return false;
    }
  }
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

std::string fill_small_disk(const std::string& directory) {
  if (!may_mount() || ::mount("tmpfs", directory.c_str(), "tmpfs", 0, "size=3m") != 0) return "no mount";
  if (!write_file_atomic(directory + "/ballast", std::string(512U << 10U, 'b'))) return "no ballast";
  const auto store = open_at(directory);
  const auto id = store->create(a_session()).value().id;
  const auto filled = fill(*store, id, 0);
  const bool as_it_was = static_cast<int>(store->history(id).value().size()) == filled.kept &&
                         store->find(id, "").value().turns == filled.kept;
  ::unlink((directory + "/ballast").c_str());
  const bool goes_on = store->append(id, {user_says(id, 1, "later", "x")}, {}).has_value();
  const bool opens = open_at(directory)->history(id).value().back().message_id == "later";
  return fmt::format("{}; kept some: {}; as it was: {}; goes on: {}; opens: {}", shown(filled.error), filled.kept > 0,
                     as_it_was, goes_on, opens);
}

std::string hit_file_size_limit(const std::string& directory) {
  ::signal(SIGXFSZ, SIG_IGN);
  const auto store = open_at(directory);
  const auto id = store->create(a_session()).value().id;
  const rlimit limit{1U << 20U, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const auto filled = fill(*store, id, 0);
  const bool as_it_was = static_cast<int>(store->history(id).value().size()) == filled.kept;
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_FSIZE, &none);
  const bool goes_on = store->append(id, {user_says(id, 1, "later", "x")}, {}).has_value();
  return fmt::format("{}; kept some: {}; as it was: {}; goes on: {}", shown(filled.error), filled.kept > 0, as_it_was,
                     goes_on);
}

// As somebody whom modes bind.
bool become_nobody() {
  return ::geteuid() != 0 || (::setgid(nobody) == 0 && ::setuid(nobody) == 0);
}

}  // namespace

TEST_CASE("durability: kill -9 at any moment loses nothing that was acknowledged", "[store][durability]") {
  const TempDir directory;
  const auto id = open_at(directory.path())->create(a_session()).value().id;
  std::mt19937 random(20261121);
  std::uniform_int_distribution<int> length(1, 12);
  int next = 0;
  constexpr int kills = 40;
  for (int round = 0; round < kills; ++round) {
    CAPTURE(round);
    std::vector<std::string> acknowledged;
    {
      Child writer([&](Line& line) { write_until_killed(directory.path(), id, next, line); });
      const int wanted = length(random);
      while (static_cast<int>(acknowledged.size()) < wanted) acknowledged.push_back(writer.line->hear());
      writer.signal(SIGKILL);
      writer.wait();
      for (auto said = writer.line->hear(); !said.empty(); said = writer.line->hear()) acknowledged.push_back(said);
    }
    const auto store = open_at(directory.path());
    const auto kept = message_ids(store->history(id).value());
    REQUIRE(store->find(id, "").value().status == "interrupted");
    // All in order, and at most one more, which was kept before it could be said.
    const auto said_in_all = next + static_cast<int>(acknowledged.size());
    REQUIRE(acknowledged.back() == message_name(said_in_all - 1));
    const auto count = static_cast<int>(kept.size());
    REQUIRE((count == said_in_all || count == said_in_all + 1));
    for (int n = 0; n < count; ++n) REQUIRE(kept[static_cast<std::size_t>(n)] == message_name(n));
    REQUIRE(store->find(id, "").value().turns == count - (round + 1));
    next = count;
  }
  Database database(directory / "ada/errand.db");
  auto check = database.query("PRAGMA integrity_check", {});
  REQUIRE(check.next());
  CHECK(check.text(0) == "ok");
}

TEST_CASE("durability: a full disk is said and leaves the store as it was", "[store][durability]") {
  const TempDir directory;
  const auto outcome = in_child([&] { return fill_small_disk(directory.path()); });
  if (outcome == "no mount") {
    WARN("skipped: no tmpfs can be mounted here");
    return;
  }
  CHECK(outcome == fmt::format("storage: can't write {}: No space left on device (the disk is full: free some space "
                               "and try again); kept some: true; as it was: true; goes on: true; opens: true",
                               directory / "ada/errand.db"));
}

TEST_CASE("durability: a write that the system refuses leaves the store as it was", "[store][durability]") {
  const TempDir directory;
  const auto outcome = in_child([&] { return hit_file_size_limit(directory.path()); });
  CHECK(outcome == fmt::format("storage: can't read or write {}: File too large (); kept some: true; as it was: true; "
                               "goes on: true",
                               directory / "ada/errand.db"));
}

TEST_CASE("durability: what may not be written says where and why", "[store][durability]") {
  const TempDir directory;
  REQUIRE(::chmod(directory.path().c_str(), 0777) == 0);
  const auto data = directory / "data";
  const auto outcome = in_child([&]() -> std::string {
    if (!become_nobody()) return "no change of user";
    std::string out;
    const auto id = open_at(data)->create(a_session()).value().id;
    ::chmod((data + "/ada/errand.db").c_str(), 0400);
    {
      const auto store = open_at(data);
      out += shown(store->append(id, {warns(id, 1, "w")}, {}).error());
      out += fmt::format("\nstill read: {}\n", store->list({}).value().size());
    }
    ::chmod((data + "/ada/errand.db").c_str(), 0000);
    out += shown(open(data, "ada", OpenMode::existing_only).error());
    ::chmod((data + "/ada").c_str(), 0000);
    out += "\n" + shown(open(data, "ada", OpenMode::existing_only).error());
    ::chmod((data + "/ada").c_str(), 0700);
    ::chmod(data.c_str(), 0500);
    out += "\n" + shown(open(data, "bob", OpenMode::create).error());
    ::chmod(data.c_str(), 0700);
    return out;
  });
  if (outcome == "no change of user") {
    WARN("skipped: root, and not allowed to become another user");
    return;
  }
  const auto path = data + "/ada/errand.db";
  CHECK(outcome == fmt::format("storage: can't write {0}: it is read-only (check owner and mode of the file and of its "
                               "directory, or name another with --data-dir)\nstill read: 1\n"
                               "storage: can't open {0}: Permission denied ()\n"
                               "storage: can't look at {0}: Permission denied ()\n"
                               "storage: can't make the directory {1}: Permission denied ()",
                               path, data + "/bob"));
}

TEST_CASE("durability: another user's store is not taken", "[store][durability]") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can make another user's store");
    return;
  }
  const TempDir directory;
  REQUIRE(::chmod(directory.path().c_str(), 0755) == 0);
  REQUIRE(::mkdir((directory / "ada").c_str(), 0777) == 0);
  const auto outcome = in_child([&] {
    if (!become_nobody()) return std::string("no change of user");
    return open(directory.path(), "ada", OpenMode::create).error().message;
  });
  CHECK(outcome == (directory / "ada") + " belongs to another user");
}

TEST_CASE("durability: ten processes append to ten sessions of one store", "[store][durability]") {
  const TempDir directory;
  constexpr int processes = 10;
  constexpr int appends = 20;
  std::vector<std::string> ids;
  for (int i = 0; i < processes; ++i) ids.push_back(open_at(directory.path())->create(a_session()).value().id);
  std::vector<std::unique_ptr<Child>> children;
  for (const auto& id : ids) {
    children.push_back(std::make_unique<Child>([&directory, id](Line& line) {
      line.hear();
      const auto store = open_at(directory.path());
      const auto run = a_run(id, 1);
      if (auto begun = store->begin_run(run, {}); !begun) line.say(describe(begun.error()));
      for (int n = 0; n < appends; ++n) {
        const auto stored = store->append(id, {user_says(id, n, message_name(n), "x")}, {1, {}, 0.0});
        if (!stored) line.say(describe(stored.error()));
      }
      line.say(store->end_run(end_of(run, appends), {}).has_value() ? "done" : "not ended");
    }));
  }
  for (const auto& child : children) child->line->say("go");
  for (const auto& child : children) CHECK(child->line->hear() == "done");
  const auto store = open_at(directory.path());
  for (const auto& id : ids) {
    CHECK(store->history(id).value().size() == appends);
    CHECK(store->find(id, "").value().turns == appends);
    CHECK(store->find(id, "").value().status == "idle");
  }
}
