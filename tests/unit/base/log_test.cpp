#include "base/log.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>

#include <catch2/catch.hpp>

#include "base/file.hpp"

namespace errand {

namespace {

std::filesystem::path sources() {
  return std::filesystem::path(ERRAND_SOURCE_DIR) / "src";
}

}  // namespace

TEST_CASE("log: levels are given for all rooms, for some, or both", "[base][log]") {
  using log::Level;
  using log::Levels;
  CHECK(log::parse_levels("warn", Level::off) == Levels{Level::warn, {}});
  CHECK(log::parse_levels("http=debug", Level::info) == Levels{Level::info, {{"http", Level::debug}}});
  CHECK(log::parse_levels(" http = DEBUG , error,agent=info,http=off", Level::off) ==
        Levels{Level::error, {{"agent", Level::info}, {"http", Level::off}}});
}

TEST_CASE("log: what is no level or no room is told with what there is", "[base][log]") {
  const auto room = log::parse_levels("storre=debug", log::Level::off);
  REQUIRE_FALSE(room);
  CHECK(room.error().kind == ErrorKind::usage);
  CHECK(room.error().message == "\"storre\" is no room that logs");
  CHECK(room.error().hint.find("\"store\"") != std::string::npos);
  for (const auto* text : {"", "http", "http=", "http=debug,", "=debug", "loud"}) {
    CAPTURE(text);
    const auto read = log::parse_levels(text, log::Level::off);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::usage);
  }
}

TEST_CASE("log: its rooms are the folders of src/", "[base][log]") {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(sources())) {
    if (entry.is_directory()) folders.push_back(entry.path().filename().string());
  }
  std::ranges::sort(folders);
  CHECK(std::vector<std::string>(log::rooms().begin(), log::rooms().end()) == folders);
}

TEST_CASE("log: every line begins with a room", "[base][log]") {
  const std::regex call(R"(log::(?:debug|info|warn)\(\s*"([^"]*))");
  std::size_t lines = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(sources())) {
    if (entry.path().extension() != ".cpp") continue;
    const auto text = read_file(entry.path().string()).value_or("");
    for (std::sregex_iterator it(text.begin(), text.end(), call), end; it != end; ++it, ++lines) {
      const auto line = (*it)[1].str();
      CAPTURE(entry.path(), line);
      CHECK(std::ranges::find(log::rooms(), line.substr(0, line.find(": "))) != log::rooms().end());
    }
  }
  CHECK(lines > 20);
}

}  // namespace errand
