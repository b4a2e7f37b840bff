#include "policy/bash_rules.hpp"

#include <catch2/catch.hpp>

#include "chat/rule.hpp"

using namespace errand;
using namespace errand::policy;

namespace {

Match match(std::string_view spec, std::string_view line) {
  return match_command(spec, line, look_over(line));
}

std::vector<chat::Rule> allow_rules(const std::vector<std::string>& written) {
  std::vector<chat::Rule> out;
  for (const auto& rule : written) out.push_back(chat::parse_rule(rule, chat::RuleAction::allow, "test").value());
  return out;
}

bool allowed(const std::vector<std::string>& rules, std::string_view line) {
  return allow_command(allow_rules(rules), line).allowed;
}

}  // namespace

TEST_CASE("bash rules: a denied command is seen wherever it plainly runs", "[policy][bash]") {
  for (const std::string line : {
           "rm",
           "rm -rf /",
           "ls; rm x",
           "ls && rm x",
           "ls | rm x",
           "ls\nrm x",
           "/bin/rm x",
           "./rm x",
           "\\rm x",
           "r\\m x",
           "r''m x",
           "\"rm\" x",
           "x=1; rm -rf /",
           "A=b rm x",
           "A[0]=b rm x",
           "$(rm x)",
           "`rm x`",
           "echo \"$(rm x)\"",
           "echo \"a `rm x`\"",
           "cat <(rm x)",
           "sudo rm x",
           "sudo -u root rm x",
           "sudo -i rm x",
           "env A=b rm x",
           "env -i rm",
           "env -S 'rm x'",
           "env -S'rm x'",
           "script -qc'rm x'",
           "timeout 5 rm x",
           "timeout -s KILL 5 rm x",
           "timeout --unknown 5 rm",
           "nice -10 rm x",
           "nohup rm x",
           "xargs rm",
           "ls | xargs -0 rm -f",
           "xargs -I% rm %",
           "xargs -I{} rm {}",
           "stdbuf -oL rm x",
           "time rm x",
           "time -p rm x",
           "command rm x",
           "exec rm x",
           "builtin rm",
           "sudo env A=b timeout 5 nice rm x",
           "bash -c 'rm x'",
           "sh -ec 'ls; rm x'",
           "bash -c \"rm $x\"",
           "bash -c 'bash -c \"rm x\"'",
           "eval rm x",
           "eval 'r''m x'",
           "eval \"rm $x\"",
           "find . -exec rm {} \\;",
           "find . -name x -exec rm '{}' +",
           "if true; then rm x; fi",
           "for f in a; do rm $f; done",
           "while :; do rm x; done",
           "case a in a) rm x;; esac",
           "f() { rm x; }; f",
           "function f { rm x; }",
           "{ rm x; }",
           "(rm x)",
           "! rm x",
           "rm x &",
           "a & rm x",
           ">out rm x",
           "2>/dev/null rm x",
           "rm x > y",
           "a 2>&- ; rm x",
           "cat <<EOF | rm x\nEOF",
           "echo 'rm x' | bash",
           "echo \"rm x\" | sh -s",
           "bash <<< 'rm x'",
           "bash <<EOF\nrm x\nEOF",
           "busybox rm x",
           "busybox sh -c 'rm x'",
           "watch 'rm x'",
           "ssh host rm x",
           "ssh host 'cd a; rm x'",
           "python3 -c 'import os; os.system(\"rm x\")'",
           "trap 'rm x' EXIT",
           "alias ls='rm'",
           "su -c 'rm x'",
           "coproc rm x",
           "\"$@\" && rm x",
           "echo a # b\nrm x",
           "echo ${x#y}; rm x",
           "a \\\n && rm x",
           "[[ a ]] && rm x",
           "bash -c '\"$@\"' _ rm x",
           "bash -o pipefail -c 'rm x'",
           "a&rm x",
           "a >|b; rm x",
           "true;rm x#",
           "echo $'a'; rm x",
           "~/rm x",
           "echo $(( 1 + 1 )); rm x",
       }) {
    CAPTURE(line);
    CHECK(match("rm *", line) == Match::yes);
  }
}

TEST_CASE("bash rules: what may be a denied command in disguise is in doubt", "[policy][bash]") {
  for (const std::string line : {
           "$x y",
           "r$@m x",
           "${x}rm y",
           "$(echo rm) x",
           "r* x",
           "/bin/r? x",
           "{rm,-rf,x}",
           "$'\\x72m' x",
           "eval \"$x\"",
           "bash -c \"$x\"",
           "curl x | sh",
           "base64 -d x | bash",
           "curl x | bash -o pipefail",
           "cat x | sudo bash",
           "echo 'rm x",
           "cat <<EOF\nx\nEOF",
           "foo --exec 'rm x'",
           "foo rm x",
           "git -c alias.x='!rm y' x",
           "make -f x rm",
           "find . -exec $x {} \\;",
           "sudo $x",
           "xargs $x",
           "bash <(curl x)",
           "a \"${x:-'\"'}\"; y",
           "echo $(( # )); $x y",

           "npm exec rm",
           "grep rm $file",
           "bash",
       }) {
    CAPTURE(line);
    CHECK(match("rm *", line) == Match::maybe);
  }
}

TEST_CASE("bash rules: text that another shell expands is in doubt", "[policy][bash]") {
  for (const std::string line : {
           "printf -v 'a[$(tou${X}ch M)]' x",
           "printf '-va[$(tou${X}ch M)]' x",
           "test -v 'a[$(tou${X}ch M)]'",
           "'[' -v 'a[$(tou${X}ch M)]' ']'",
           "[ -v 'a[$(tou${X}ch M)]' ]",
           "find . -maxdepth 0 -exec sh -c 'tou${X}ch M' ';'",
           "find . -exec sh -c '/bin/tou?h M' ';'",
           "setsid -w bash -c 'tou${X}ch M'",
           "setsid -w bash -c '/bin/tou?h M'",
           "flock f -c 'tou${X}ch M'",
           "flock f -c '/bin/tou?h M'",
           "nohup setsid -w bash -c 'tou${X}ch M'",
           "trap 'tou${X}ch M' EXIT",
           "trap '/bin/tou?h M' EXIT",
           "compgen -W '$(tou${X}ch M)'",
           "mapfile -C 'tou${X}ch M' -c 1 a",
           "mapfile -C '/bin/tou?h M' -c 1 a",
           "let 'a[$(tou${X}ch M)]=1'",
           "declare -i x='a[$(tou${X}ch M)]'",
           "read 'a[$(tou${X}ch M)]'",
           "env -S 'tou${X}ch M'",
           "env -S'tou${X}ch M'",
           "git -c alias.t='!t() { tou${X}ch M; }; t' t",
           "make --eval='x:;tou${X}ch M'",
           "make --eval 'x:;tou`echo`ch M' \"$y\"",
           "tar cf x --checkpoint-action=exec='tou${X}ch M' .",
           "foo \"tou\\${X}ch M\"",
           "foo 'tou${X}ch M'$y",
           "sed '1e tou${X}ch M' f",
           "x='$(tou${X}ch M)'; echo \"${x@P}\"",
           "a='$'; b='(tou${X}ch M)'; c=$a$b; echo \"${c@P}\"",
           "read x < f; echo \"${x@P}\"",
           "PS4='$(tou${X}ch M)'; set -x; :",
           "PS4=\"$y\"; set -x; :",
           "BASH_ENV='$(tou${X}ch M)' bash -c :",
           "BASH_ENV=f bash x.sh",
           "env BASH_ENV=f bash x.sh",
           "export BASH_ENV=f; x.sh",
           "PROMPT_COMMAND+=f bash -i",
           "x='a[$(tou${X}ch M)]'; v=1; echo ${v:x}",
           "read x < f; echo ${v:x}",
           "X='$(a)' env x",
           "awk '{system($0)}' f",
           "echo x | awk '{ print | \"sh\" }'",
           "awk -f x.awk",
           "awk \"$x\"",
           "echo x | python3",
           "python3 - < f",
           "perl /dev/stdin < f",
           "cat f | at now",
           "cat f | su root",
           "cat f | sudo -s",
           "cat f | parallel",
           "cat f | ed x",
           "cat f | make -f -",
           "cat f | sed -f /dev/stdin x",
           "/usr/bin/xargs -a f sh",
           "sudo BASH_ENV=f bash x.sh",
       }) {
    CAPTURE(line);
    CHECK(match("touch *", line) == Match::maybe);
  }
}

TEST_CASE("bash rules: what xargs may append or put in is in doubt", "[policy][bash]") {
  struct Case {
    std::string spec;
    std::string line;
    Match match;
  };
  const std::vector<Case> cases = {
      {"touch *", "echo 'touch M' | xargs -I% sh -c %", Match::yes},
      {"touch *", "echo touch M | xargs env", Match::yes},
      {"touch *", "echo touch M | xargs timeout 5", Match::yes},
      {"touch *", "echo touch M | timeout 5 xargs -n 2 nice", Match::yes},
      {"touch *", "echo . -exec touch M ';' | xargs find", Match::yes},
      {"touch *", "echo touch M | xargs --replace sh -c {}", Match::yes},
      {"touch *", "echo git push | parallel", Match::maybe},
      {"git push *", "echo git push | parallel", Match::yes},
      {"touch *", "xargs -a x.sh -I% sh -c %", Match::maybe},
      {"touch *", "xargs --arg-file=x -I% sh -c %", Match::maybe},
      {"touch *", "xargs -a x -I % % M", Match::maybe},
      {"touch *", "xargs -a x bash", Match::maybe},
      {"touch *", "cat x | xargs tar xf --use-compress-program=touch", Match::maybe},
      {"touch *", "echo touch M | xargs foo", Match::maybe},
      {"git push *", "echo push origin | xargs git", Match::maybe},
      {"git push *", "cat x | xargs git", Match::maybe},
      {"git push *", "cat x | xargs -n 1 timeout 5 git -C dir", Match::maybe},
      {"git push *", "cat x | xargs -I% git % origin", Match::maybe},
      {"git push", "cat x | xargs git", Match::maybe},
      {"git * --force", "cat x | xargs git push", Match::maybe},
      {"git * --force", "cat x | xargs git add", Match::maybe},
      {"git * --force", "cat x | xargs grep y", Match::no},
      {"git push *", "cat x | xargs git add", Match::no},
      {"git push *", "cat x | xargs -I% git add %", Match::no},
      {"touch *", "find . | xargs -0 -n 5 grep -l touch", Match::maybe},
      {"touch *", "find . | xargs -0 -n 5 grep -l x", Match::no},
      {"touch *", "cat x | xargs", Match::no},
      {"touch *", "cat x | xargs -I{} cp {} dir", Match::no},
  };
  for (const auto& c : cases) {
    CAPTURE(c.spec, c.line);
    CHECK(match(c.spec, c.line) == c.match);
  }
}

TEST_CASE("bash rules: an alias that git is given may be any of its commands", "[policy][bash]") {
  for (const std::string line :
       {"git -c alias.p=push p", "git -c Alias.p=push p", "git --config-env=alias.p=X p", "git --config-env a.b=X p",
        "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=alias.p GIT_CONFIG_VALUE_0=push git p", "GIT_CONFIG_GLOBAL=f git p",
        "env GIT_CONFIG_GLOBAL=f git p", "export GIT_CONFIG_GLOBAL=f; git p", "git config alias.p push; git p",
        "git -c include.path=f p"}) {
    CAPTURE(line);
    CHECK(match("git push *", line) == Match::maybe);
  }
  CHECK(match("git push *", "git -c user.name=x commit -m x") == Match::no);
  CHECK(match("git push *", "git add alias.c") == Match::no);
}

TEST_CASE("bash rules: what only holds the word is no denied command", "[policy][bash]") {
  for (const std::string line : {
           "ls",
           "grep rm file",
           "echo rm -rf /",
           "git rm x",
           "git commit -m 'rm old files'",
           "rmdir x",
           "ls farm",
           "docker run --rm x",
           "cat rm",
           "make 2>&1 | tail -5",
           "echo $HOME > x",
           "for f in *.c; do cc -c $f; done",
           "find . -name '*.o' -exec ls {} +",
           "timeout 5 grep rm x",
           "cd src && make -j2",
           "which rm",
           "command -v rm",
           "python3 -mform x",
           "bash -c 'grep rm x'",
           "bash build.sh",
           "x=$(pwd); make CC=$x",
           "awk '{print $1}' f",
           "awk -F: '$3 > 5 { print $NF }' *.txt",
           "sed -n '$p' f",
           "sed -i -e '$d' -e 's/x$/y/' f",
           "rg 'foo$' src",
           "echo '$x' > f",
           "grep -E '^(a|b)$' f",
           "git commit -m 'costs $5 and `x`'",
           "[ -f x ] && make",
           "[ -n \"$x\" ] && make",
           "printf '%s' \"${x:-y}\" \"${x:0:3}\" \"${x[@]}\"",
           "python3 --version",
           "python3 x.py",
           "env | sort",
           "tar xzf - -C x",
           "cat x - | sed 's/a/b/'",
           "trap 'exit 1' INT",
           "A='x y' make",
       }) {
    CAPTURE(line);
    CHECK(match("rm *", line) == Match::no);
  }
}

TEST_CASE("bash rules: options may stand between a denied command's words", "[policy][bash]") {
  for (const std::string line : {"git push", "git push origin main", "git -C dir push", "git --no-pager -c a=b push -f",
                                 "sudo git push", "x=1 git push", "git  \"push\""}) {
    CAPTURE(line);
    CHECK(match("git push *", line) == Match::yes);
    CHECK(match("git push:*", line) == Match::yes);
  }
  for (const std::string line : {"git pushx", "git log --grep push", "git", "git stash push"}) {
    CAPTURE(line);
    CHECK(match("git push *", line) == Match::no);
  }
}

TEST_CASE("bash rules: exact commands, stars and text in deny rules", "[policy][bash]") {
  struct Case {
    std::string spec;
    std::string line;
    Match match;
  };
  const std::vector<Case> cases = {
      {"git push", "git push", Match::yes},
      {"git push", "git push origin", Match::no},
      {"git push", "ls; git push", Match::yes},
      {"git push", "git -C x push", Match::yes},
      {"*", "anything $x", Match::yes},
      {":*", "anything", Match::yes},
      {"git * --force", "git push origin --force", Match::yes},
      {"git * --force", "git push origin", Match::no},
      {"git * --force", "sudo git push --force", Match::yes},
      {"rm*", "rmdir x", Match::yes},
      {"rm*", "/bin/rmdir x", Match::yes},
      {"rm*", "format x", Match::no},
      {"rm*", "foo format", Match::no},
      {"rm*", "foo rmdir", Match::maybe},
      {"curl * | sh", "curl -s x | sh", Match::yes},
      {"curl * | sh", "curl -s x | tee y", Match::no},
      {"/bin/rm *", "rm x", Match::yes},
      {"git log --format='%h' *", "git log --format=%h -3", Match::yes},
  };
  for (const auto& c : cases) {
    CAPTURE(c.spec, c.line);
    CHECK(match(c.spec, c.line) == c.match);
  }
}

TEST_CASE("bash rules: every simple command has to be allowed", "[policy][bash]") {
  const std::vector<std::string> rules = {
      "Bash(git diff *)", "Bash(ls:*)",         "Bash(make test)",       "Bash(cd *)",
      "Bash(export *)",   "Bash(grep 'a b' *)", "Bash(make 2>&1 | tail)"};
  for (const std::string line : {
           "git diff",
           "git diff --stat",
           "ls",
           "ls -l src",
           "make test",
           "make 'test'",
           "git diff && ls; make test | ls",
           "cd src && ls",
           "timeout 5 git diff",
           "nice -n 5 ls",
           "nohup make test",
           "xargs git diff",
           "xargs -n 1 -0 ls -l",
           "time ls",
           "time -p ls",
           "command ls",
           "exec ls",
           "timeout -k 1s 5 nice ls",
           "export A=b",
           "grep \"a b\" x",
           "make 2>&1 | tail",
           " make 2>&1 | tail\n",
       }) {
    CAPTURE(line);
    CHECK(allowed(rules, line));
  }
  for (const std::string line : {
           "git difftool",
           "git",
           "git -C x diff",
           "lsof",
           "make test2",
           "make test x",
           "make",
           "ls && make",
           "ls; rm x",
           "ls\nrm x",
           "ls & rm x",
           "ls > x",
           "ls $(rm x)",
           "ls `rm x`",
           "ls $x",
           "ls *",
           "sudo ls",
           "env ls",
           "env A=b ls",
           "A=b ls",
           "time A=b ls",
           "timeout --weird 5 ls",
           "xargs make test",
           "xargs -I% ls %",
           "./ls",
           "/bin/ls",
           "./timeout 5 ls",
           "bash -c ls",
           "export PATH=.; ls",
           "set -k; ls",
           "alias ls=rm\nls",
           "command export A=b; ls",
           "grep 'a' b",
           "find . -exec ls {} +",
           "",
           "#",
           "make 2>&1 | tail -5",
           "ls 'unfinished",
       }) {
    CAPTURE(line);
    CHECK_FALSE(allowed(rules, line));
  }
  const std::vector<std::string> builtins = {"Bash(printf *)",   "Bash(test *)",      "Bash(readarray *)",
                                             "Bash(git status)", "Bash(let *)",       "Bash('[' *)",
                                             "Bash(compgen *)",  "Bash(declare -i *)"};
  for (const std::string line :
       {"printf %s '[$x]'", "printf -v a x", "test -f x && git status", "readarray a", "test -v a", "let a=1"}) {
    CAPTURE(line);
    CHECK(allowed(builtins, line));
  }
  for (const std::string line :
       {"printf -v 'a[$(touch M)]' x", "printf '-va[`touch M`]' x", "test -v 'a[$(touch M)]'",
        "'[' -v 'a[$(touch M)]' ']'", "printf -v PATH ./evil:/usr/bin && git status", "readarray -C 'rm x' -c 1 a",
        "readarray -tC 'rm x' a", "compgen -W '$(touch M)'", "let 'a[$(touch M)]=1'", "declare -i x='a[$(touch M)]'",
        "readarray PATH; git status", "test -v 'a[0]'; git status", "timeout 5 printf -v 'a[$(touch M)]' x"}) {
    CAPTURE(line);
    CHECK_FALSE(allowed(builtins, line));
  }
  CHECK(allowed({"Bash(test -v 'a[$x]')"}, "test -v 'a[$x]'"));
  CHECK(allowed({"Bash"}, "anything $x > y"));
  CHECK(allowed({"Bash(*)"}, "anything $x > y"));
  CHECK_FALSE(allowed({"Read", "Edit(*)"}, "ls"));
}

TEST_CASE("bash rules: the suggested rule is the narrowest, and allows the command next time", "[policy][bash]") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"make test", "Bash(make test)"},
      {"git diff && make 'a b'", "Bash(make 'a b')"},
      {"  make  -j2 ", "Bash(make -j2)"},
      {"make 2>&1 | tail", "Bash(make 2>&1 | tail)"},
      {"echo '*'", "Bash(echo '*')"},
      {"echo 'a:*'", "Bash(echo 'a:*')"},
      {"set -e; make", "Bash(set -e; make)"},
      {"ls *", ""},
      {"x=1\nrm x", ""},
      {"echo 'a\nb'", ""},
      {"", ""},
  };
  for (const auto& [line, rule] : cases) {
    CAPTURE(line);
    const auto suggestion = allow_command(allow_rules({"Bash(git diff *)"}), line).suggestion;
    CHECK(suggestion == rule);
    if (!suggestion.empty()) CHECK(allowed({"Bash(git diff *)", suggestion}, line));
  }
}

TEST_CASE("bash rules: hostile lines take no more than a moment", "[policy][bash]") {
  std::string deep;
  std::string wide;
  std::string wrapped;
  for (int i = 0; i < 20000; ++i) {
    deep += "$(\"`";
    wide += "rm; ";
    wrapped += "sudo bash -c eval ";
  }
  for (const auto& line :
       {deep, wide, wrapped, std::string(200000, '('), std::string(200000, '\''), std::string(200000, '<')}) {
    CHECK(match("x *", line) != Match::yes);
    CHECK_NOTHROW(match("* y * z *", line));
  }
}
