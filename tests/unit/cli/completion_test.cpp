#include "cli/completion.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace errand;
using namespace errand::cli;

namespace {

Wanted at(const std::vector<std::string>& words) {
  return wanted_at(words);
}

bool offers(const Wanted& wanted, std::string_view value) {
  return std::ranges::find(wanted.listed, value, &Candidate::value) != wanted.listed.end();
}

}  // namespace

TEST_CASE("completion: the usage of a command is its verbs and what they take", "[cli][completion]") {
  using Verbs = std::vector<VerbUsage>;
  CHECK(verbs_in("[list | show ID | check [FILE] | new ID]") ==
        Verbs{{"list", {}}, {"show", {"ID"}}, {"check", {"FILE"}}, {"new", {"ID"}}});
  CHECK(verbs_in("[PROMPT…]") == Verbs{{"", {"PROMPT"}}});
  CHECK(verbs_in("check | run -- CMD…") == Verbs{{"check", {}}, {"run", {"CMD"}}});
  CHECK(verbs_in("").empty());
}

TEST_CASE("completion: a word is what stands there on the line", "[cli][completion]") {
  CHECK(at({}).kind == WordKind::commands);
  CHECK(at({"ag"}).kind == WordKind::commands);
  CHECK(at({"-q", ""}).kind == WordKind::commands);
  CHECK(at({"nosuch", ""}).kind == WordKind::nothing);
  CHECK(at({"run", "x"}).kind == WordKind::nothing);
  CHECK(at({"-p", "x"}).kind == WordKind::nothing);
  CHECK(at({"agents", "show", ""}).kind == WordKind::agents);
  CHECK(at({"agents", "show", "a", ""}).kind == WordKind::agents);
  CHECK(at({"agents", "new", ""}).kind == WordKind::nothing);
  CHECK(at({"agents", "check", ""}).kind == WordKind::files);
  CHECK(at({"sessions", "show", "01"}).kind == WordKind::sessions);
  CHECK(at({"sessions", "rename", "x", ""}).kind == WordKind::nothing);
  CHECK(at({"sessions", "import", ""}).kind == WordKind::files);
  CHECK(at({"schedule", "show", ""}).kind == WordKind::schedule);
  CHECK(at({"schedule", "add", ""}).kind == WordKind::nothing);
  CHECK(at({"help", ""}).kind == WordKind::topics);
  CHECK(at({"trust", ""}).kind == WordKind::directories);
  const auto verbs = at({"sessions", "r"});
  CHECK(verbs.stem == "r");
  CHECK(offers(verbs, "rewind"));
  CHECK_FALSE(offers(verbs, "--json"));
}

TEST_CASE("completion: an option's value is what the option takes", "[cli][completion]") {
  CHECK(at({"run", "-a", ""}).kind == WordKind::agents);
  CHECK(at({"-a", "co"}).kind == WordKind::agents);
  CHECK(at({"run", "-qa", ""}).kind == WordKind::agents);
  CHECK(at({"chat", "--model", ""}).kind == WordKind::models);
  CHECK(at({"chat", "-r", ""}).kind == WordKind::sessions);
  CHECK(at({"run", "-f", ""}).kind == WordKind::files);
  CHECK(at({"run", "--output-schema", ""}).kind == WordKind::files);
  CHECK(at({"run", "-C", ""}).kind == WordKind::directories);
  CHECK(at({"run", "--system-prompt", ""}).kind == WordKind::nothing);
  CHECK(at({"run", "--max-turns", ""}).kind == WordKind::nothing);
  const auto attached = at({"run", "--model=op"});
  CHECK(attached.kind == WordKind::models);
  CHECK(attached.before == "--model=");
  CHECK(attached.stem == "op");
  const auto choice = at({"run", "--output-format", ""});
  CHECK(choice.listed == std::vector<Candidate>{{"text", ""}, {"json", ""}, {"stream-json", ""}});
  CHECK(at({"run", "--nosuch=x"}).kind == WordKind::nothing);
  CHECK(at({"run", "--", "-a", ""}).kind == WordKind::nothing);
}

TEST_CASE("completion: options are offered by their long names, letters where nothing else is said",
          "[cli][completion]") {
  const auto words = at({"run", "--o"});
  CHECK(offers(words, "--output"));
  CHECK_FALSE(offers(words, "-o"));
  CHECK(offers(at({"run", "-"}), "-o"));
  CHECK(offers(at({"-"}), "--print"));
  CHECK_FALSE(offers(at({"run", "--", "-"}), "-o"));
}

TEST_CASE("completion: whose data it is, is read from the line as far as it is there", "[cli][completion]") {
  const auto wanted = at({"--user", "eve", "sessions", "--data-dir=/d", "-C", "/w", "show", ""});
  CHECK(wanted.globals.user == "eve");
  CHECK(wanted.globals.data_dir == "/d");
  CHECK(wanted.directory == "/w");
  CHECK(at({"sessions", "--nosuch", "--user", ""}).kind == WordKind::users);
}
