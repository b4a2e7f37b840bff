#include "repl/editor/completion.hpp"

#include <cstdlib>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "support/temp_dir.hpp"

using namespace errand;
using namespace errand::repl;
using Texts = std::vector<std::string>;

namespace {

// A workspace and a home beside it.
class Place {
 public:
  Place() {
    for (const auto* file :
         {"work/src/parser.cpp", "work/a dir/one note.txt", "work/a dir/two.txt", "work/say \"x\".md", "work/tab\there",
          "home/todo list.txt", "home/.hidden", "elsewhere.md"}) {
      REQUIRE(make_directories(parent_path(path(file)), 0755));
      REQUIRE(write_file_atomic(path(file), "x"));
    }
    ::setenv("HOME", path("home").c_str(), 1);
    complete_ = make_completer({.agents = {},
                                .models = {},
                                .servers = {{"files", ""}, {"wiki", ""}},
                                .directory = path("work"),
                                .sessions =
                                    [] {
                                      return std::vector<Named>{{"parsing", ""}};
                                    },
                                .prompts =
                                    [] {
                                      return std::vector<Named>{{"/review", "look at a file"}};
                                    },
                                .words =
                                    [](const Texts& words) {
                                      return std::vector<Named>{{text::join(words, "+"), ""}, {"--by=", ""}};
                                    }});
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (!home_.empty()) ::setenv("HOME", home_.c_str(), 1);
  }

  [[nodiscard]] std::string path(const std::string& name) const { return join_path(directory_.path(), name); }

  // The lines that Tab could make of it.
  [[nodiscard]] Texts lines(const std::string& typed) const {
    const auto found = complete_(typed, typed.size());
    Texts out;
    for (const auto& one : found.all) out.push_back(typed.substr(0, found.from) + one.text);
    return out;
  }

 private:
  test::TempDir directory_;
  std::string home_ = std::getenv("HOME") == nullptr ? "" : std::getenv("HOME");
  Completer complete_;
};

}  // namespace

TEST_CASE("completion: /mcp takes a server, or one to begin anew with", "[repl]") {
  const Place place;
  CHECK(place.lines("/mcp w") == Texts{"/mcp wiki "});
  CHECK(place.lines("/mcp re") == Texts{"/mcp reconnect "});
  CHECK(place.lines("/mcp reconnect ") == Texts{"/mcp reconnect files ", "/mcp reconnect wiki "});
}

TEST_CASE("completion: a path with blanks stands in quotes behind its @", "[repl][editor]") {
  const Place place;
  CHECK(place.lines("see @pars") == Texts{"see @src/parser.cpp "});
  CHECK(place.lines("see @a d") == Texts{});  // the word is "d", and there is no @ before it
  CHECK(place.lines("see @a").at(0) == "see @\"a dir/");
  CHECK(place.lines("see @\"a dir/one") == Texts{"see @\"a dir/one note.txt\" "});
  CHECK(place.lines("see @\"a dir/two.txt\" and @pars") == Texts{"see @\"a dir/two.txt\" and @src/parser.cpp "});
  CHECK(place.lines("mail me@pars") == Texts{});
  CHECK(place.lines("@say") == Texts{});  // its name can't stand in quotes
  CHECK(place.lines("@tab") == Texts{});  // nor one with a control character anywhere
}

TEST_CASE("completion: a path from the root, the home, here or above is looked for there", "[repl][editor]") {
  const Place place;
  CHECK(place.lines("@" + place.path("else")) == Texts{"@" + place.path("elsewhere.md") + " "});
  CHECK(place.lines("@~/") == Texts{"@\"~/todo list.txt\" "});
  CHECK(place.lines("@~/.h") == Texts{"@~/.hidden "});
  CHECK(place.lines("@./s") == Texts{"@./src/"});
  CHECK(place.lines("@../EL") == Texts{"@../elsewhere.md "});
  CHECK(place.lines("@/nowhere/at/all") == Texts{});
  const auto root = place.lines("@/");
  CHECK(std::find(root.begin(), root.end(), "@/tmp/") != root.end());
}

TEST_CASE("completion: a command's path is its whole argument, and a shell's is a word", "[repl][editor]") {
  const Place place;
  CHECK(place.lines("/export a dir/tw") == Texts{"/export a dir/two.txt"});
  CHECK(place.lines("/export ~/t") == Texts{"/export " + place.path("home/todo list.txt")});
  CHECK(place.lines("/diff pars") == Texts{"/diff src/parser.cpp"});
  CHECK(place.lines("!cat pars") == Texts{"!cat src/parser.cpp "});
  CHECK(place.lines("!cat src/parser.cpp a\\ dir/tw") == Texts{"!cat src/parser.cpp a\\ dir/two.txt "});
  CHECK(place.lines("!!cat ~/to") == Texts{"!!cat ~/todo\\ list.txt "});
  CHECK(place.lines("!cat \"a dir/one") == Texts{"!cat a\\ dir/one\\ note.txt "});
  CHECK(place.lines("/image a\\ dir/tw") == Texts{"/image a\\ dir/two.txt "});
}

TEST_CASE("completion: commands and prompts that are kept, and what help tells of", "[repl][editor]") {
  const Place place;
  CHECK(place.lines("/rev") == Texts{"/review "});
  CHECK(place.lines("/vi") == Texts{"/vim "});
  CHECK(place.lines("/help revi").at(0) == "/help /review ");
  CHECK(place.lines("/help keys") == Texts{"/help keys "});
  CHECK(place.lines("/rewind --f") == Texts{"/rewind --files "});
  CHECK(place.lines("/resume par") == Texts{"/resume parsing "});
  CHECK(place.lines("/resume parsing --") == Texts{"/resume parsing --fork "});
}

TEST_CASE("completion: a command of the command line is completed as a shell would", "[repl][editor]") {
  const Place place;
  CHECK(place.lines("/tools ") == Texts{"/tools tools+ ", "/tools --by="});
  CHECK(place.lines("/tools show Ba").at(0) == "/tools show tools+show+Ba ");
  CHECK(place.lines("/config set ").at(0) == "/config set config+set+ ");
  CHECK(place.lines("/usage ").at(0) == "/usage usage+ ");
  CHECK(place.lines("/sandbox ") == Texts{});  // takes nothing
  CHECK(place.lines("/search wor") == Texts{});
  CHECK(place.lines("/rename na") == Texts{});
  CHECK(place.lines("/nothing x") == Texts{});
}
