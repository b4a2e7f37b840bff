#include "sandbox/setup_report.hpp"

#include <catch2/catch.hpp>

using namespace errand::sandbox;

TEST_CASE("setup report: the command ran when its exit code is there", "[sandbox][report]") {
  CHECK(parse_setup_report("{ \"child-pid\": 4711, \"mnt-namespace\": 40, \"pid-namespace\": 41 }\n"
                           "{ \"exit-code\": 3 }\n") == SetupReport{4711, 3});
  CHECK(parse_setup_report("{ \"child-pid\": 4711, \"mnt-namespace\": 40 }\n") == SetupReport{4711, std::nullopt});
  CHECK(parse_setup_report("") == SetupReport{});
  CHECK(parse_setup_report("{ \"child-pid\": ") == SetupReport{});
  CHECK(parse_setup_report("{ \"exit-code\": x }") == SetupReport{});
}

TEST_CASE("setup report: known failures say what to do, others are told as they came", "[sandbox][report]") {
  struct Case {
    const char* output;
    const char* why;
    bool hint;
  };
  const auto c = GENERATE(values<Case>({
      {"bwrap: No permissions to create new namespace, likely because the kernel does not allow …",
       "this system lets programs make no user namespaces", true},
      {"bwrap: Creating new namespace failed: No space left on device",
       "this system lets programs make no user namespaces", true},
      {"bwrap: setting up uid map: Permission denied",
       "user namespaces are restricted here, as AppArmor does on Ubuntu", true},
      {"bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
       "network namespaces are restricted here, as AppArmor does on Ubuntu", true},
      {"bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
       "this container does not allow a /proc of its own", true},
      {"bwrap: Can't chdir to /x: gone\nsecond line", "bwrap: Can't chdir to /x: gone", false},
      {"", "bubblewrap ended without a word", false},
  }));
  const auto failure = explain_setup_failure(c.output);
  CHECK(failure.why == c.why);
  CHECK(failure.hint.empty() != c.hint);
}
