# Under which an ambulance is called, where the installation sets no other number. Put in as the texts are read.
-emergency-number = 119
# How phone numbers are written where the installation names no other country than Japan: a mobile phone's as it is dialled
# within it and from abroad, and an office's. Put in as the texts are read.
-phone-dialled = 09012345678
-phone-abroad = +81 90 1234 5678
-phone-written = 03-1234-5678

date-long = { $year }年{ $month }月{ $day }日
date-short = { $month }/{ $day }
date-and-time = { $date } { $time }
skip-to-content = 本文へ移動
sample-data = 見本データです。実在の方の情報を入力しないでください。
nav-tools = 言語とアカウント
nav-sections = メニュー
nav-account = アカウント
nav-help = 使い方
nav-privacy = データの取り扱い
nav-accessibility = アクセシビリティ
danger-strip-label = 緊急のとき
danger-strip = 息が苦しい、ぼんやりする、唇が紫色のときは
danger-strip-call = すぐに{ -emergency-number }番へ電話
problem-prefix = エラー：
problems-title = 入力内容に問題があります
back = 戻る
change = 変更
confirm = 確認
to-home = ホームへ
footer = オープンHER-SYS　緊急のときは{ -emergency-number }番に電話してください。この画面で返事を待たないでください。
footer-console = オープンHER-SYS
contact-phone = 電話：
contact-night-phone = 夜間・休日：
contact-hours = 受付時間：
contact-no-phone = この保健所の電話番号は、まだここに登録されていません。保健所から届いた書類を見るか、お住まいの市区町村の役所にお尋ねください。
no-connection = インターネットにつながっていないため、まだ送信されていません。入力した内容はこの画面に残っています。つながってから、もう一度ボタンを押してください。お急ぎのときは保健所に、緊急のときは{ -emergency-number }番に電話してください。
busy-title = ただいま混み合っています
busy-text = 今入力された内容は保存されていません。数秒待って、前の画面に戻り、もう一度ボタンを押してください。体調がとても悪いときは{ -emergency-number }番に電話してください。
away-title = ただいまご利用になれません
away-text = システムに障害が起きています。入力に誤りがあるわけではありません。今入力された内容は保存されていません。数分待って、前の画面に戻り、もう一度ボタンを押してください。お急ぎのときは保健所に電話してください。体調がとても悪いときは{ -emergency-number }番に電話してください。
broken-title = 問題が起きました
broken-text = お客様の操作が原因ではありません。前の画面に戻り、もう一度お試しください。繰り返す場合は、保健所にご連絡ください。体調がとても悪いときは{ -emergency-number }番に電話してください。
not-found-title = ページが見つかりません
not-found-text = アドレスが間違っているか、ほかの方のページの可能性があります。
mailbox-title = 開発用のメール
mailbox-text = メールサーバーが設定されていないため、メールは送信されずにここに届きます。
mailbox-empty = メールはまだありません。
refused-request-text = この操作の権限がないか、別のページから送信されました。前の画面に戻って再読み込みし、もう一度送信してください。運用担当者の方へ：手前のプロキシで、Host、Origin、Sec-Fetch-Siteのヘッダーをそのまま渡してください。
too-large-title = 送信内容が大きすぎます
too-large-text = このページで受け付けられる大きさを超えています。何も保存されていません。前の画面に戻り、文章を短くするか、小さいファイルを選んで送信してください。
too-large-form-text = このページで受け付けられる大きさを超えているため、何も保存されていません。入力した内容は前の画面に残っています。ブラウザーで前の画面に戻り、文章を短くして、もう一度送信してください。急ぎの場合は、書かずに保健所へ電話してください。
bad-request-title = 読み取れませんでした
bad-request-text = 送信内容を読み取れず、何も保存されていません。前の画面に戻ると入力内容が残っています。再読み込みして、もう一度送信してください。
not-found-call = 保健所の連絡先：
# Between a label and what it tells.
colon = ：
list-semicolon = ；
