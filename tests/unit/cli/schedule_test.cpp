#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "base/file.hpp"
#include "cli/schedule_export.hpp"
#include "cli/schedule_file.hpp"
#include "cli/schedule_due.hpp"
#include "cli/schedule_zone.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::cli;

namespace {

Timestamp at(const std::string& text) {
  return parse_rfc3339(text).value();
}

ScheduleEntry hourly() {
  ScheduleEntry out;
  out.name = "hourly";
  out.when = "0 * * * *";
  out.zone = "UTC";
  out.directory = "/srv";
  out.arguments = {"--agent=a", "do $it, 100% \"so\""};
  out.created = out.handled = at("2026-11-22T08:00:00Z");
  return out;
}

}  // namespace

TEST_CASE("schedule: a time is started once, whoever looks again", "[cli][schedule]") {
  auto entry = hourly();
  CHECK_FALSE(look_at(entry, at("2026-11-22T08:59:59Z")).start);
  CHECK(look_at(entry, at("2026-11-22T09:00:10Z")).start);
  CHECK(entry.handled == at("2026-11-22T09:00:00Z"));
  CHECK(entry.last->started == at("2026-11-22T09:00:10Z"));
  CHECK(entry.missed == 0);
  entry.last->ended = at("2026-11-22T09:00:20Z");
  entry.starter.reset();
  for (const auto* again : {"2026-11-22T09:00:30Z", "2026-11-22T08:30:00Z", "2026-11-22T09:00:00Z"}) {
    CAPTURE(again);  // also with a clock that was set back
    CHECK_FALSE(look_at(entry, at(again)).start);
  }
  CHECK(look_at(entry, at("2026-11-22T10:00:00Z")).start);
}

TEST_CASE("schedule: a time that comes while the run before works is skipped, kept or run too", "[cli][schedule]") {
  auto entry = hourly();
  REQUIRE(look_at(entry, at("2026-11-22T09:00:00Z")).start);
  REQUIRE(is_running(entry));
  SECTION("skip") {
    const auto looked = look_at(entry, at("2026-11-22T10:00:00Z"));
    CHECK_FALSE(looked.start);
    CHECK(looked.notes.size() == 1);
    CHECK(entry.skipped == 1);
    CHECK(entry.handled == at("2026-11-22T10:00:00Z"));
  }
  SECTION("wait") {
    entry.overlap = Overlap::wait;
    entry.if_missed = IfMissed::skip;  // it is not missed, it waits
    CHECK_FALSE(look_at(entry, at("2026-11-22T10:00:00Z")).start);
    entry.last->ended = at("2026-11-22T10:10:00Z");
    entry.starter.reset();
    CHECK(look_at(entry, at("2026-11-22T10:11:00Z")).start);
    CHECK(entry.skipped == 0);
  }
  SECTION("allow") {
    entry.overlap = Overlap::allow;
    CHECK(look_at(entry, at("2026-11-22T10:00:00Z")).start);
  }
  SECTION("one on another machine works while it gives signs of life, however long ago it began") {
    entry.starter->host = "elsewhere";
    entry.starter->boot = "another";
    entry.renewed = now();
    CHECK(is_running(entry));
    entry.renewed = now() - 2 * store::owner_patience;
    CHECK_FALSE(is_running(entry));
  }
  SECTION("skip, and nobody looked before it had ended") {
    entry.last->ended = at("2026-11-22T11:30:00Z");
    entry.starter.reset();
    const auto looked = look_at(entry, at("2026-11-22T11:31:00Z"));
    CHECK_FALSE(looked.start);
    CHECK(looked.notes ==
          std::vector<std::string>{"hourly: skipped 2 times, its run of 2026-11-22T09:00:00.000Z worked "
                                   "till 2026-11-22T11:30:00.000Z"});
    CHECK(entry.skipped == 2);
    CHECK(entry.missed == 0);
    CHECK(look_at(entry, at("2026-11-22T12:00:00Z")).start);
  }
  SECTION("wait, and nobody looked before it had ended") {
    entry.overlap = Overlap::wait;
    entry.last->ended = at("2026-11-22T10:30:00Z");
    entry.starter.reset();
    CHECK(look_at(entry, at("2026-11-22T10:31:00Z")).start);
  }
  SECTION("one whose starter died works no more") {
    entry.starter->started += 1;  // another process has its pid
    CHECK_FALSE(is_running(entry));
    CHECK(look_at(entry, at("2026-11-22T10:00:00Z")).start);
  }
}

TEST_CASE("schedule: what was missed is told, and its newest runs late or not", "[cli][schedule]") {
  auto entry = hourly();
  SECTION("run") {
    const auto looked = look_at(entry, at("2026-11-22T12:30:00Z"));
    CHECK(looked.start);
    CHECK(looked.notes == std::vector<std::string>{"hourly: missed 3 times up to 2026-11-22T12:00:00.000Z"});
    CHECK(entry.missed == 3);
  }
  SECTION("skip") {
    entry.if_missed = IfMissed::skip;
    CHECK_FALSE(look_at(entry, at("2026-11-22T12:30:00Z")).start);
    CHECK(entry.missed == 4);
    CHECK(look_at(entry, at("2026-11-22T13:01:00Z")).start);
  }
  SECTION("skip, with more than are counted") {
    entry.if_missed = IfMissed::skip;
    CHECK_FALSE(look_at(entry, at("2027-11-22T12:30:00Z")).start);
    CHECK(entry.handled == at("2027-11-22T12:00:00Z"));
    CHECK(look_at(entry, at("2027-11-22T13:01:00Z")).start);
  }
}

TEST_CASE("schedule: an entry that can't run says why", "[cli][schedule]") {
  auto entry = hourly();
  SECTION("a zone that is gone") {
    entry.zone = "Europe/Nowhere";
    CHECK(look_at(entry, at("2026-11-22T12:30:00Z")).problem);
  }
  SECTION("a clock that is wrong by years, or was when it was added") {
    entry.created = entry.handled = at("2040-01-01T00:00:00Z");
    const auto looked = look_at(entry, at("2026-11-22T12:30:00Z"));
    CHECK_FALSE(looked.start);
    REQUIRE(looked.problem);
    CHECK_THAT(looked.problem->message, Catch::Contains("in the future"));
  }
}

TEST_CASE("schedule: a clock that was set back by days and forth again runs nothing twice", "[cli][schedule]") {
  auto entry = hourly();
  REQUIRE(look_at(entry, at("2026-11-22T09:00:10Z")).start);
  entry.last->ended = at("2026-11-22T09:00:20Z");
  entry.starter.reset();
  const auto marked = entry.handled;
  for (const auto* back : {"2026-11-22T08:30:00Z", "2026-11-22T09:30:00Z"}) {
    CAPTURE(back);
    const auto looked = look_at(entry, at(back) - std::chrono::days(3));
    CHECK_FALSE(looked.start);
    REQUIRE(looked.problem);
    CHECK(looked.problem->message ==
          "hourly ran for 2026-11-22T09:00:00.000Z, which is in the future: it will not run before");
    CHECK_THAT(looked.problem->hint, Catch::Contains("errand schedule remove hourly"));
    CHECK(entry.handled == marked);
  }
  CHECK_FALSE(look_at(entry, at("2026-11-22T09:01:00Z")).start);
  CHECK(look_at(entry, at("2026-11-22T10:00:00Z")).start);
  CHECK(entry.missed == 0);
}

TEST_CASE("schedule: zones are looked up by name, and nowhere else", "[cli][schedule]") {
  CHECK(load_zone("UTC"));
  CHECK(load_zone("Europe/Berlin"));
  for (const auto* wrong : {"", "/etc/passwd", "../../../etc/passwd", "Europe", "Europe/Berlin\n", "tzdata.zi"}) {
    CAPTURE(wrong);
    CHECK_FALSE(load_zone(wrong));
  }
  CHECK(load_zone(local_zone_name()));
}

TEST_CASE("schedule: entries are kept for their user alone", "[cli][schedule]") {
  const test::TempDir directory;
  const ScheduleFile file(directory.path());
  CHECK(file.read().value().empty());
  auto entry = hourly();
  REQUIRE(look_at(entry, at("2026-11-22T09:00:00Z")).start);
  entry.overlap = Overlap::wait;
  entry.jitter = std::chrono::minutes(5);
  const auto add = [&](auto& entries) -> Result<void> {
    entries.push_back(entry);
    return {};
  };
  REQUIRE(file.change(add, Call{}));
  struct stat info {};
  REQUIRE(::stat(file.path().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
  const auto read = file.read().value();
  REQUIRE(read.size() == 1);
  CHECK(read[0].arguments == entry.arguments);
  CHECK(read[0].handled == entry.handled);
  CHECK(read[0].last->started == entry.last->started);
  CHECK(read[0].starter == entry.starter);
  CHECK(read[0].renewed == entry.renewed);
  CHECK(read[0].overlap == Overlap::wait);
  CHECK(read[0].jitter == std::chrono::minutes(5));

  const auto fails = [](auto& entries) -> Result<void> {
    entries.clear();
    return fail(ErrorKind::failure, "no");
  };
  CHECK_FALSE(file.change(fails, Call{}));
  CHECK(file.read().value().size() == 1);
}

TEST_CASE("schedule: a file that is none of ours is refused whole", "[cli][schedule]") {
  const test::TempDir directory;
  const ScheduleFile file(directory.path());
  for (const auto* wrong : {"", "{", "[]", "{}", "{\"version\":2,\"entries\":[]}", "{\"version\":1,\"entries\":{}}",
                            "{\"version\":1,\"entries\":[{}]}", "{\"version\":1,\"entries\":[3]}", "{\"version\":1}"}) {
    CAPTURE(wrong);
    REQUIRE(write_file_atomic(file.path(), wrong));
    const auto read = file.read();
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::storage);
  }
}

TEST_CASE("schedule: what is exported is quoted for who reads it", "[cli][schedule]") {
  const Launch launch{.program = "/opt/my tools/errand",
                      .arguments = {"--data-dir", "/srv/100%/it's"},
                      .environment = {"PATH=/usr/bin:/bin"},
                      .missing_there = {"ANTHROPIC_API_KEY"}};
  const auto crontab = crontab_of(launch).value();
  CHECK_THAT(crontab, Catch::Contains("\nPATH=/usr/bin:/bin\n* * * * * '/opt/my tools/errand' --data-dir "
                                      "'/srv/100\\%/it'\\''s' schedule run-due\n"));
  CHECK_THAT(crontab, Catch::Contains("# Set here, and not there: ANTHROPIC_API_KEY."));
  const auto units = units_of({hourly()}, launch).value();
  CHECK_THAT(units, Catch::Contains("# errand-hourly.service\n"));
  CHECK_THAT(units, Catch::Contains("\nExecStart=\"/opt/my tools/errand\" --data-dir \"/srv/100%%/it's\" schedule "
                                    "run-due hourly\n"));
  CHECK_THAT(units, Catch::Contains("\nEnvironment=PATH=/usr/bin:/bin\n"));
  CHECK_THAT(units, Catch::Contains("# errand-hourly.timer\n"));
}

TEST_CASE("schedule: what would break an exported line is refused", "[cli][schedule]") {
  const Launch fine{
      .program = "/opt/errand", .arguments = {"--data-dir", "/srv"}, .environment = {}, .missing_there = {}};
  REQUIRE(crontab_of(fine));
  REQUIRE(units_of({hourly()}, fine));
  auto launch = fine;
  SECTION("in an argument") {
    launch.arguments[1] = "/srv/a\n* * * * * evil";
  }
  SECTION("in the program") {
    launch.program += "\r";
  }
  SECTION("in a variable") {
    launch.environment = {"PATH=/bin:\x1b[2J"};
  }
  const auto crontab = crontab_of(launch);
  const auto units = units_of({hourly()}, launch);
  REQUIRE_FALSE(crontab);
  CHECK(crontab.error().kind == ErrorKind::failure);
  CHECK_THAT(crontab.error().message, Catch::Contains("holds a control character"));
  CHECK_FALSE(units);
}

TEST_CASE("schedule: an entry that a hand broke is not exported", "[cli][schedule]") {
  const Launch launch{.program = "/opt/errand", .arguments = {}, .environment = {}, .missing_there = {}};
  auto entry = hourly();
  SECTION("its zone") {
    entry.zone = "UTC)\nExecStart=/bin/evil";
  }
  SECTION("its time") {
    entry.when = "0 * *\n* *";
  }
  CHECK_FALSE(units_of({entry}, launch));
}

TEST_CASE("schedule: what systemd can't do is not exported to it", "[cli][schedule]") {
  const Launch launch{.program = "/opt/errand", .arguments = {}, .environment = {}, .missing_there = {}};
  auto entry = hourly();
  entry.overlap = GENERATE(Overlap::skip, Overlap::wait, Overlap::allow);
  const auto units = units_of({entry}, launch);
  CHECK(units.has_value() == (entry.overlap != Overlap::allow));
  if (!units) CHECK_THAT(units.error().message, Catch::Contains("--if-running allow"));
  CHECK(crontab_of(launch));
}

TEST_CASE("schedule: a dollar is doubled only where systemd looks for variables", "[cli][schedule]") {
  const Launch launch{.program = "/opt/a$b/errand",
                      .arguments = {"--data-dir", "/srv/$HOME"},
                      .environment = {"PATH=/c$d"},
                      .missing_there = {}};
  const auto units = units_of({hourly()}, launch).value();
  CHECK_THAT(units, Catch::Contains("\nEnvironment=PATH=/c$d\n"));
  CHECK_THAT(units, Catch::Contains("\nExecStart=/opt/a$b/errand --data-dir /srv/$$HOME schedule run-due hourly\n"));
}

TEST_CASE("schedule: a backslash before a percent sign can't stand in a crontab", "[cli][schedule]") {
  const Launch launch{
      .program = "/opt/errand", .arguments = {"--data-dir", "/srv/\\%"}, .environment = {}, .missing_there = {}};
  const auto crontab = crontab_of(launch);
  REQUIRE_FALSE(crontab);
  CHECK(crontab.error().kind == ErrorKind::failure);
  CHECK(units_of({hourly()}, launch));
}
