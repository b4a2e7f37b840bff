#include "tool/pdf_text.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/file.hpp"
#include "sandbox/bubblewrap.hpp"
#include "support/pdf.hpp"
#include "support/temp_dir.hpp"
#include "support/tool_bench.hpp"

using namespace errand;
using namespace errand::tool;
using test::pdf_of;
using namespace std::chrono_literals;

namespace {

const sandbox::Sandbox& box() {
  static const auto sandbox = sandbox::open_bubblewrap();
  return *sandbox;
}

Result<std::string> read(const std::string& bytes, const Call& call = {}) {
  return pdf_text(bytes, "a.pdf", {.sandbox = box()}, call);
}

// The message of what is no text.
std::string refusal(const Result<std::string>& text) {
  REQUIRE_FALSE(text);
  CHECK(text.error().kind == ErrorKind::failure);
  return text.error().message;
}

// A pdftotext that does what the test wants, without a sandbox.
Result<std::string> read_with(const std::string& script, const Call& call = {},
                              std::chrono::milliseconds time = max_pdf_time) {
  const test::TempDir dir;
  const auto program = dir / "pdftotext";
  REQUIRE(write_file_atomic(program, "#!/bin/sh\n" + script + "\n"));
  REQUIRE(::chmod(program.c_str(), 0755) == 0);
  const test::BareShell shell;
  const PdfReader reader{.sandbox = shell, .confined = false, .directory = dir.path(), .time = time};
  return pdf_text("%PDF-1.4", "a.pdf", reader, call);
}

}  // namespace

TEST_CASE("pdf: its text is read in a sandbox, page by page", "[tool][pdf]") {
  CHECK(read(pdf_of({"Hello PDF"})).value() == "Hello PDF");
  CHECK(read(pdf_of({"first", "", "third"})).value() == "[page 1]\nfirst\n\n[page 2]\n\n\n[page 3]\nthird");
}

TEST_CASE("pdf: what has no text to give says why", "[tool][pdf]") {
  CHECK(refusal(read(pdf_of({"", ""}))) == "can't read the text of a.pdf: it has none, its pages are pictures");
  const std::string hash(64, '4');
  const auto locked = pdf_of({"secret"}, fmt::format("/ID [<{0}> <{0}>] /Encrypt << /Filter /Standard /V 1 /R 2 "
                                                     "/O <{0}> /U <{0}> /P -4 >>",
                                                     hash));
  CHECK(refusal(read(locked)) == "can't read the text of a.pdf: it is locked with a password");
  CHECK(refusal(read("%PDF-1.4 cut off")).starts_with("can't read the text of a.pdf: it is damaged, or no PDF ("));
  CHECK(refusal(pdf_text("%PDF-1.4", "a.pdf", {.sandbox = box(), .directory = "/nowhere"}, {})) ==
        "can't read the text of a.pdf: there is no /nowhere/pdftotext");
}

TEST_CASE("pdf: its reader sees nothing but the system and the PDF", "[tool][pdf]") {
  const test::TempDir dir;
  const auto program = dir / "pdftotext";
  const auto secret = dir / "secret.txt";
  REQUIRE(write_file_atomic(secret, "secret"));
  // The directory of the program is what it sees of the host; a file beside that directory it does not.
  const test::TempDir elsewhere;
  const auto hidden = elsewhere / "hidden.txt";
  REQUIRE(write_file_atomic(hidden, "hidden"));
  REQUIRE(write_file_atomic(program, fmt::format("#!/bin/sh\ncat; cat {0} 2>/dev/null; echo x 2>/dev/null >{1}/new; "
                                                 "grep -c -v -e '|' -e '^ *lo:' /proc/net/dev; exit 0\n",
                                                 hidden, dir.path())));
  REQUIRE(::chmod(program.c_str(), 0755) == 0);
  const auto text = pdf_text("the PDF\n", "a.pdf", {.sandbox = box(), .directory = dir.path()}, {});
  CHECK(text.value() == "the PDF\n0");
  CHECK_FALSE(path_exists(dir / "new"));
}

TEST_CASE("pdf: time, length and what it says are bounded", "[tool][pdf]") {
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = read_with("sleep 60", {stop.get_token()});
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::cancelled);

  CHECK(refusal(read_with("sleep 60", {}, 100ms)) == "can't read the text of a.pdf: it took longer than 0.1s");
  CHECK(refusal(read_with("head -c 20000000 /dev/zero | tr '\\0' x")) ==
        "can't read the text of a.pdf: it is longer than 16 MiB");
  CHECK(refusal(read_with("kill -KILL $$")) == "can't read the text of a.pdf: pdftotext was killed");
  CHECK(refusal(read_with("echo Out of memory >&2; exit 1")) ==
        "can't read the text of a.pdf: it needs more than 1024 MiB of memory");
  CHECK(refusal(read_with("printf 'bad \\033[31mred\\n' >&2; exit 1")).find('\033') == std::string::npos);
  CHECK(read_with("printf 'a \\033[31mred'").value().find('\033') == std::string::npos);
}
